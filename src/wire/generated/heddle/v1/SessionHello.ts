// Original file: proto/heddle/v1/fabric.proto


export interface SessionHello {
  'instance'?: (string);
  'name'?: (string);
  'protocolMin'?: (number);
  'protocolMax'?: (number);
  'token'?: (string);
}

export interface SessionHello__Output {
  'instance'?: (string);
  'name'?: (string);
  'protocolMin'?: (number);
  'protocolMax'?: (number);
  'token'?: (string);
}

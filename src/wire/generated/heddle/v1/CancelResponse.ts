// Original file: proto/heddle/v1/fabric.proto


export interface CancelResponse {
}

export interface CancelResponse__Output {
}

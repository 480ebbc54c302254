// Original file: proto/heddle/v1/common.proto

export const OfferKind = {
  OFFER_KIND_CALL: 'OFFER_KIND_CALL',
  OFFER_KIND_STREAM: 'OFFER_KIND_STREAM',
} as const;

export type OfferKind =
  | 'OFFER_KIND_CALL'
  | 0
  | 'OFFER_KIND_STREAM'
  | 1

export type OfferKind__Output = typeof OfferKind[keyof typeof OfferKind]

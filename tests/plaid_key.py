"""A public key as Plaid hands it out: the public part of the key that the tests of the dialects sign with."""

PUBLIC_KEY_ID = "key-0001"
PUBLIC_KEY = {
    "alg": "ES256",
    "created_at": 1789000000,
    "crv": "P-256",
    "expired_at": None,
    "kid": PUBLIC_KEY_ID,
    "kty": "EC",
    "use": "sig",
    "x": "ZZhGE1vio3yM4F5va6wEqge6Z43-NE6RnWnoe1yVA3M",
    "y": "AaQPGvfyuvecZMaqS0gn4SEZ249BYRGHm1NQZWvHXJA",
}

// The suites that ts-mls is asked to speak: its own by number, or one that the
// request describes, made of the same primitives (for suites of
// draft-ietf-mls-pq-ciphersuites, which ts-mls doesn't have by itself).

import { ciphersuites, getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls'
import { makeDhKem } from 'ts-mls/crypto/implementation/default/makeDhKem.js'
import { shake256 } from '@noble/hashes/sha3.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { concat } from './stdio.mjs'

const mlDSA = { 'ML-DSA-44': ml_dsa44, 'ML-DSA-65': ml_dsa65, 'ML-DSA-87': ml_dsa87 }

function mlDSASignature(name) {
  const scheme = mlDSA[name]
  return {
    sign: async (key, message) => scheme.sign(message, key),
    verify: async (key, message, signature) => scheme.verify(signature, message, key),
    keygen: async () => {
      const { secretKey, publicKey } = scheme.keygen(crypto.getRandomValues(new Uint8Array(32)))
      return { signKey: secretKey, publicKey }
    },
  }
}

// The post-quantum KEMs of HPKE: number and bytes of a private key.
const postQuantum = { 'X-Wing': [0x647a, 32], 'ML-KEM-768': [0x0041, 64], 'ML-KEM-1024': [0x0042, 64] }

// deriver returns DeriveKeyPair of draft-ietf-hpke-pq, which
// draft-ietf-mls-pq-ciphersuites uses. That of the @hpke packages is older: it
// has no labels, and none at all for ML-KEM, whose seed must be the input.
async function deriver(name) {
  const [id, size] = postQuantum[name]
  const kem = await makeDhKem(name)
  await kem._setup?.()
  const label = new TextEncoder().encode('DeriveKeyPair')
  return async (ikm) => {
    const seed = shake256.create({ dkLen: size }).update(concat(
      ikm, new TextEncoder().encode('HPKE-v1KEM'), [id >> 8, id & 0xff], [0, label.length], label, [0, size])).digest()
    return name === 'X-Wing' ? kem.generateKeyPairDerand(seed) : kem.deriveKeyPair(seed.buffer)
  }
}

const numbers = Object.fromEntries(Object.entries(ciphersuites).map(([name, n]) => [n, name]))

// suite returns the name of the suite with number p.suite, and what makes its
// implementation. p.parts {hash, kem, kdf, aead, signature} describes it if
// ts-mls doesn't know it.
export function suite(p) {
  const name = numbers[p.suite] ?? String(p.suite)
  if (p.parts === undefined || p.parts === null) {
    if (numbers[p.suite] === undefined) throw new Error(`ts-mls has no suite ${p.suite}`)
    return { name, impl: () => getCiphersuiteImpl(getCiphersuiteFromName(name)) }
  }
  const { hash, kem, kdf, aead, signature } = p.parts
  return {
    name,
    async impl() {
      const known = mlDSA[signature] === undefined
      const impl = await getCiphersuiteImpl({ hash, hpke: { kem, kdf, aead }, signature: known ? signature : 'Ed25519', name })
      if (postQuantum[kem] !== undefined) impl.hpke.deriveKeyPair = await deriver(kem)
      return known ? impl : { ...impl, signature: mlDSASignature(signature) }
    },
  }
}

// expandSignatureKey turns a private key of ours into the form that noble wants:
// a seed of ML-DSA is expanded.
export async function expandSignatureKey(p, key) {
  const signature = p.parts?.signature ?? (p.suite >= 85 ? 'ML-DSA-87' : '')
  if (mlDSA[signature] !== undefined && key.length === 32) return mlDSA[signature].keygen(key).secretKey
  return key
}

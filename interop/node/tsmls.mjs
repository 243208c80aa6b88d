// Drives ts-mls: each client of a request holds one group at a time.

import {
  createApplicationMessage, createCommit, createGroup, createGroupInfoWithExternalPubAndRatchetTree, createProposal,
  decodeMlsMessage, defaultCapabilities, encodeMlsMessage, generateKeyPackageWithKey, joinGroup, joinGroupExternal, makePskIndex, mlsExporter,
  processPrivateMessage, processPublicMessage, proposeAddExternal,
} from 'ts-mls'
import { createGroupInfoWithRatchetTree } from 'ts-mls/createCommit.js'
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js'
import { makeResumptionPsk } from 'ts-mls/resumption.js'
import { base64, bytes, serve, unvector, vector } from './stdio.mjs'
import { suite, expandSignatureKey } from './tsmls-suites.mjs'

const day = 86400n

const message = (content) => base64(encodeMlsMessage({ version: 'mls10', ...content }))

function decode(b64) {
  const decoded = decodeMlsMessage(bytes(b64), 0)
  if (decoded === undefined) throw new Error('not an MLSMessage')
  return decoded[0]
}

// keyPackage makes a key package with the client's keys.
async function keyPackage(c) {
  const now = BigInt(Math.floor(Date.now() / 1000))
  const capabilities = defaultCapabilities()
  if (!capabilities.ciphersuites.includes(c.cs.name)) capabilities.ciphersuites.push(c.cs.name)
  const made = await generateKeyPackageWithKey(
    { credentialType: 'basic', identity: c.identity }, capabilities,
    { notBefore: now - day, notAfter: now + 20n * day }, [], c.keys, c.cs,
  )
  c.packages.set(base64(await makeKeyPackageRef(made.publicPackage, c.cs.hash)), made)
  return made
}

// ours finds which of the client's key packages a Welcome is for.
function ours(c, welcome) {
  for (const secret of welcome.secrets) {
    const made = c.packages.get(base64(secret.newMember))
    if (made !== undefined) return made
  }
  throw new Error('the Welcome is for none of the key packages')
}

// leafOf returns the leaf of the member with an identity.
function leafOf(state, identity) {
  const i = state.ratchetTree.findIndex((n) => n?.nodeType === 'leaf' && base64(n.leaf.credential.identity) === identity)
  if (i < 0) throw new Error('no such member')
  return i / 2
}

const pskIndex = (c) => makePskIndex(c.state, c.psks)

function proposals(c, p) {
  const list = []
  for (const identity of p.remove ?? []) list.push({ proposalType: 'remove', remove: { removed: leafOf(c.state, identity) } })
  for (const kp of p.add ?? []) list.push({ proposalType: 'add', add: { keyPackage: decode(kp).keyPackage } })
  for (const id of p.psks ?? []) {
    const pskNonce = c.cs.rng.randomBytes(c.cs.kdf.size)
    list.push({ proposalType: 'psk', psk: { preSharedKeyId: { psktype: 'external', pskId: bytes(id), pskNonce } } })
  }
  if (p.extensions) {
    list.push({ proposalType: 'group_context_extensions', groupContextExtensions: {
      extensions: [{ extensionType: 'required_capabilities', extensionData: bytes(p.extensions) }],
    } })
  }
  if (p.reinit) {
    list.push({ proposalType: 'reinit', reinit: {
      groupId: bytes(p.reinit.groupID), version: 'mls10', cipherSuite: suite(p.reinit).name, extensions: [],
    } })
  }
  return list
}

// commitTo makes a commit in state, which becomes the client's.
async function commitTo(c, state, extraProposals, p) {
  const made = await createCommit(
    { state, cipherSuite: c.cs, pskIndex: p.pskIndex ?? pskIndex(c) },
    { wireAsPublicMessage: !p.private, extraProposals, ratchetTreeExtension: true, authenticatedData: bytes(p.authenticatedData) },
  )
  c.state = made.newState
  return {
    commit: base64(encodeMlsMessage(made.commit)),
    welcome: made.welcome && message({ wireformat: 'mls_welcome', welcome: made.welcome }),
  }
}

// groupInfo is what createGroupInfoWithExternalPubAndRatchetTree would make,
// with external_pub as RFC 9420, Section 12.4.3.2 has it: ts-mls leaves out the
// length of the key, on both sides.
async function groupInfo(c) {
  const pair = await c.cs.hpke.deriveKeyPair(c.state.keySchedule.externalSecret)
  const external = vector(await c.cs.hpke.exportPublicKey(pair.publicKey))
  const info = await createGroupInfoWithRatchetTree(
    c.state.groupContext, c.state.confirmationTag, c.state, c.state.ratchetTree,
    [{ extensionType: 'external_pub', extensionData: external }], c.cs,
  )
  return message({ wireformat: 'mls_group_info', groupInfo: info })
}

// tolerant is cs that reads the external_pub of info with its length.
function tolerant(cs, info) {
  const external = info.extensions.find((e) => e.extensionType === 'external_pub')?.extensionData
  const importPublicKey = (k) => cs.hpke.importPublicKey(k === external ? unvector(k) : k)
  return { ...cs, hpke: { ...cs.hpke, importPublicKey } }
}

async function process(c, b64) {
  const m = decode(b64)
  if (m.wireformat === 'mls_public_message') return processPublicMessage(c.state, m.publicMessage, pskIndex(c), c.cs)
  return processPrivateMessage(c.state, m.privateMessage, pskIndex(c), c.cs)
}

await serve({
  // open sets who the client is: {suite, parts?, identity, signKey?, publicKey?}.
  async open(c, p) {
    c.cs = await suite(p).impl()
    c.identity = bytes(p.identity)
    c.keys = p.signKey
      ? { signKey: await expandSignatureKey(p, bytes(p.signKey)), publicKey: bytes(p.publicKey) }
      : await c.cs.signature.keygen()
    c.packages = new Map()
    c.psks = {}
  },
  async keyPackage(c) {
    return { keyPackage: message({ wireformat: 'mls_key_package', keyPackage: (await keyPackage(c)).publicPackage }) }
  },
  async create(c, p) {
    const made = await keyPackage(c)
    c.state = await createGroup(bytes(p.groupID), made.publicPackage, made.privatePackage, [], c.cs)
  },
  async join(c, p) {
    const { welcome } = decode(p.welcome)
    const made = ours(c, welcome)
    c.state = await joinGroup(welcome, made.publicPackage, made.privatePackage, pskIndex(c), c.cs, undefined, c.resume)
    c.resume = undefined
  },
  async joinExternal(c, p) {
    const made = await keyPackage(c)
    const info = decode(p.groupInfo).groupInfo
    const joined = await joinGroupExternal(info, made.publicPackage, made.privatePackage, p.resync ?? false, tolerant(c.cs, info))
    c.state = joined.newState
    return { commit: message({ wireformat: 'mls_public_message', publicMessage: joined.publicMessage }) }
  },
  async encrypt(c, p) {
    const made = await createApplicationMessage(c.state, bytes(p.data), c.cs, bytes(p.authenticatedData))
    c.state = made.newState
    return { message: message({ wireformat: 'mls_private_message', privateMessage: made.privateMessage }) }
  },
  async decrypt(c, p) {
    const got = await process(c, p.message)
    if (got.kind !== 'applicationMessage') throw new Error('not an application message')
    c.state = got.newState
    return { data: base64(got.message) }
  },
  async commit(c, p) {
    return commitTo(c, c.state, proposals(c, p), p)
  },
  async propose(c, p) {
    const made = await createProposal(c.state, !p.private, proposals(c, p)[0], c.cs)
    c.state = made.newState
    return { message: base64(encodeMlsMessage(made.message)) }
  },
  async proposeAdd(c, p) {
    const made = await keyPackage(c)
    return { message: base64(encodeMlsMessage(
      await proposeAddExternal(decode(p.groupInfo).groupInfo, made.publicPackage, made.privatePackage, c.cs))) }
  },
  // handle takes a commit or a proposal.
  async handle(c, p) {
    c.state = (await process(c, p.message)).newState
  },
  async groupInfo(c) {
    return { groupInfo: await groupInfo(c) }
  },
  async groupInfoAsIs(c) {
    return { groupInfo: message({
      wireformat: 'mls_group_info', groupInfo: await createGroupInfoWithExternalPubAndRatchetTree(c.state, [], c.cs),
    }) }
  },
  async psk(c, p) {
    c.psks[p.id] = bytes(p.secret)
  },
  async state(c) {
    const keys = c.state.keySchedule
    const exported = await mlsExporter(keys.exporterSecret, 'exporter', new Uint8Array(), 32, c.cs)
    return {
      epoch: Number(c.state.groupContext.epoch), active: c.state.groupActiveState.kind,
      authenticator: base64(keys.epochAuthenticator), exported: base64(exported),
    }
  },
  // suspend makes the client ready for the group that follows: it takes on the
  // suite of the reinitialization, or keeps its own for a branch.
  async suspend(c, p) {
    c.resume = c.state
    if (p.suite) c.cs = await suite(p).impl()
    if (p.signKey) c.keys = { signKey: await expandSignatureKey(p, bytes(p.signKey)), publicKey: bytes(p.publicKey) }
  },
  // succeed makes the first commit of the group that follows, usage reinit or
  // branch.
  async succeed(c, p) {
    const old = c.resume
    const made = await keyPackage(c)
    const state = await createGroup(
      bytes(p.groupID), made.publicPackage, made.privatePackage, p.usage === 'branch' ? old.groupContext.extensions : [], c.cs)
    const psk = makeResumptionPsk(old, p.usage, c.cs)
    c.resume = undefined
    return commitTo(c, state, [
      ...p.add.map((kp) => ({ proposalType: 'add', add: { keyPackage: decode(kp).keyPackage } })),
      { proposalType: 'psk', psk: { preSharedKeyId: psk.id } },
    ], { pskIndex: makePskIndex(old, {}) })
  },
  // bench times n messages from this client to another, and n empty commits.
  async bench(c, p) {
    const now = () => performance.now() / 1000
    const data = new Uint8Array(p.size)
    const sent = []
    let start = now()
    for (let i = 0; i < p.messages; i++) {
      const made = await createApplicationMessage(c.state, data, c.cs)
      c.state = made.newState
      sent.push(encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage: made.privateMessage }))
    }
    const send = now() - start
    start = now()
    for (let i = 0; i < p.commits; i++) {
      await createCommit({ state: c.state, cipherSuite: c.cs }, { wireAsPublicMessage: true, ratchetTreeExtension: true })
    }
    return { send, commit: now() - start, messages: sent.map(base64) }
  },
  async benchReceive(c, p) {
    const list = p.messages.map(bytes)
    const start = performance.now() / 1000
    for (const b of list) {
      const got = await processPrivateMessage(c.state, decodeMlsMessage(b, 0)[0].privateMessage, pskIndex(c), c.cs)
      c.state = got.newState
    }
    return { receive: performance.now() / 1000 - start }
  },
  async benchHandle(c, p) {
    const b = bytes(p.message)
    const start = performance.now() / 1000
    for (let i = 0; i < p.times; i++) {
      await processPublicMessage(c.state, decodeMlsMessage(b, 0)[0].publicMessage, pskIndex(c), c.cs)
    }
    return { handle: performance.now() / 1000 - start }
  },
})

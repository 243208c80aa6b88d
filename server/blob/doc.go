// Package blob keeps the bytes of attachments: a [Store] is a server.Blobs.
//
// Uploads are files of this machine, in Options.Uploads, until they are whole:
//
//	HEX.state   whose it is, how long it will be, and how far it is durable
//	HEX.data    its bytes; those behind the durable ones don't count
//
// HEX is the upload's random name. A state is a head, written once, and two slots,
// which are written in turn, so that one of them is always whole:
//
//	0     head: CBOR of head, behind its length (2 bytes)
//	512   slot: sequence 8 | offset 8 | done 1 | state of SHA-256 108 | SHA-256 of these 32
//	1024  slot
//
// Numbers are big-endian. A slot is written after the bytes that it counts are
// durable, and the other one only when it is durable itself. So an upload goes on after kill -9 or a power cut where the client was told
// that it is, and nothing is hashed twice.
//
// What is whole becomes an object, whose name is the SHA-256 of its bytes: a file
// HH/HEX of a directory, which several nodes may share, or an object of an S3 bucket. Names of files are made of
// hexadecimal alone; nothing that a client wrote is among them.
package blob

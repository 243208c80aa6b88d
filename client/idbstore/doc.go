// Package idbstore keeps a client.Store in a browser's IndexedDB, sealed under a
// key of WebCrypto that can't be exported: the client doesn't seal values itself
// there (client.SealedByStore). All of it is built for js alone, and stands on
// web/lib/idb.ts, which the program's script has to install first.
package idbstore

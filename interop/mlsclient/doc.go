// Package mlsclient is the gRPC service by which the interoperability runner of
// the MLS working group drives an implementation: ours, in [Server].
//
// The service is described in mls-implementations, interop/proto. Its messages
// are written here as Go structs whose tags carry the numbers of their fields,
// and [Codec] puts them on the wire: no generated code, no descriptor. What a
// call does and what its fields mean is said at each method of Server.
package mlsclient

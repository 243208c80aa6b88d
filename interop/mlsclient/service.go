package mlsclient

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
)

// serviceName is the full name of the service.
const serviceName = "mls_client.MLSClient"

// Register adds s to a gRPC server, which must be made with [ServerCodec].
func (s *Server) Register(r grpc.ServiceRegistrar) {
	r.RegisterService(&grpc.ServiceDesc{
		ServiceName: serviceName, HandlerType: (*any)(nil), Methods: methods(),
	}, s)
}

// methods are the calls of the service.
func methods() []grpc.MethodDesc {
	return []grpc.MethodDesc{
		unary("Name", (*Server).Name),
		unary("SupportedCiphersuites", (*Server).SupportedCiphersuites),

		unary("CreateGroup", (*Server).CreateGroup),
		unary("CreateKeyPackage", (*Server).CreateKeyPackage),
		unary("JoinGroup", (*Server).JoinGroup),
		unary("ExternalJoin", (*Server).ExternalJoin),

		unary("GroupInfo", (*Server).GroupInfo),
		unary("StateAuth", (*Server).StateAuth),
		unary("Export", (*Server).Export),
		unary("Protect", (*Server).Protect),
		unary("Unprotect", (*Server).Unprotect),
		unary("StorePSK", (*Server).StorePSK),

		unary("AddProposal", (*Server).AddProposal),
		unary("UpdateProposal", (*Server).UpdateProposal),
		unary("RemoveProposal", (*Server).RemoveProposal),
		unary("ExternalPSKProposal", (*Server).ExternalPSKProposal),
		unary("ResumptionPSKProposal", (*Server).ResumptionPSKProposal),
		unary("GroupContextExtensionsProposal", (*Server).GroupContextExtensionsProposal),

		unary("Commit", (*Server).Commit),
		unary("HandleCommit", (*Server).HandleCommit),
		unary("HandlePendingCommit", (*Server).HandlePendingCommit),

		unary("ReInitProposal", (*Server).ReInitProposal),
		unary("ReInitCommit", (*Server).ReInitCommit),
		unary("HandlePendingReInitCommit", (*Server).HandlePendingReInitCommit),
		unary("HandleReInitCommit", (*Server).HandleReInitCommit),
		unary("ReInitWelcome", (*Server).ReInitWelcome),
		unary("HandleReInitWelcome", (*Server).HandleReInitWelcome),

		unary("CreateBranch", (*Server).CreateBranch),
		unary("HandleBranch", (*Server).HandleBranch),

		unary("NewMemberAddProposal", (*Server).NewMemberAddProposal),
		unary("CreateExternalSigner", (*Server).CreateExternalSigner),
		unary("AddExternalSigner", (*Server).AddExternalSigner),
		unary("ExternalSignerProposal", (*Server).ExternalSignerProposal),

		unary("Free", (*Server).Free),
	}
}

// unary describes a call. One is served at a time.
func unary[Request, Response any](name string, f func(*Server, *Request) (*Response, error)) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: name, Handler: func(srv any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		request := new(Request)
		if err := decode(request); err != nil {
			return nil, err
		}
		s := srv.(*Server)
		s.mu.Lock()
		defer s.mu.Unlock()
		response, err := f(s, request)
		if err != nil {
			return nil, status.Error(codes.Aborted, name+": "+err.Error())
		}
		return response, nil
	}}
}

// Call makes a call of the service, as the runner does. The errors are those of
// gRPC.
func Call[Response any](ctx context.Context, conn grpc.ClientConnInterface, method string, request any) (*Response, error) {
	response := new(Response)
	err := conn.Invoke(ctx, "/"+serviceName+"/"+method, request, response, grpc.ForceCodecV2(buffers{}))
	return response, err
}

// ServerCodec makes a gRPC server speak [Codec].
func ServerCodec() grpc.ServerOption { return grpc.ForceServerCodecV2(buffers{}) }

var _ encoding.CodecV2 = buffers{}

// buffers is Codec with the buffers of gRPC.
type buffers struct{ Codec }

func (c buffers) Marshal(v any) (mem.BufferSlice, error) {
	b, err := c.Codec.Marshal(v)
	return mem.BufferSlice{mem.SliceBuffer(b)}, err
}

func (c buffers) Unmarshal(data mem.BufferSlice, v any) error {
	return c.Codec.Unmarshal(data.Materialize(), v)
}

package mlsclient

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// protoFile is what the test needs of mls_client.proto.
type protoFile struct {
	calls    map[string][2]string          // request and response, by call
	messages map[string]map[int]protoField // by name and number
}

type protoField struct {
	repeated bool
	kind     string // a scalar type or a message
}

var (
	protoCall    = regexp.MustCompile(`(?m)^\s*rpc (\w+)\((\w+)\) returns \((\w+)\)`)
	protoMessage = regexp.MustCompile(`(?s)message (\w+)\s*\{(.*?)\n?\}`)
	protoLine    = regexp.MustCompile(`(?m)^\s*(repeated )?(\w+) \w+ = (\d+);`)
)

func parseProto(text string) *protoFile {
	p := &protoFile{map[string][2]string{}, map[string]map[int]protoField{}}
	for _, m := range protoCall.FindAllStringSubmatch(text, -1) {
		p.calls[m[1]] = [2]string{m[2], m[3]}
	}
	for _, m := range protoMessage.FindAllStringSubmatch(text, -1) {
		fields := map[int]protoField{}
		for _, f := range protoLine.FindAllStringSubmatch(m[2], -1) {
			n, _ := strconv.Atoi(f[3])
			fields[n] = protoField{f[1] != "", f[2]}
		}
		p.messages[m[1]] = fields
	}
	return p
}

// TestProto compares the calls and messages of this package with
// mls_client.proto of the working group, whose path MLS_CLIENT_PROTO gives.
func TestProto(t *testing.T) {
	file := os.Getenv("MLS_CLIENT_PROTO")
	if file == "" {
		t.Skip("MLS_CLIENT_PROTO is not set")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := parseProto(string(b))
	if got, want := len(methods()), len(p.calls); got != want || want == 0 {
		t.Errorf("%d calls, want %d", got, want)
	}
	server := reflect.TypeFor[*Server]()
	for _, m := range methods() {
		call, ok := p.calls[m.MethodName]
		method, has := server.MethodByName(m.MethodName)
		if !ok || !has {
			t.Errorf("%s is not a call of the protocol", m.MethodName)
			continue
		}
		p.compare(t, call[0], method.Type.In(1).Elem())
		p.compare(t, call[1], method.Type.Out(0).Elem())
	}
}

// compare checks the fields of the message called name against those of ours.
func (p *protoFile) compare(t *testing.T, name string, ours reflect.Type) {
	t.Helper()
	want := p.messages[name]
	have := fields(ours)
	for n, field := range want {
		i, ok := have[protowire.Number(n)]
		if !ok {
			t.Errorf("%v lacks field %d of %s", ours, n, name)
			continue
		}
		p.compareField(t, field, ours.Field(i))
	}
	if len(have) != len(want) {
		t.Errorf("%v has %d fields, %s has %d", ours, len(have), name, len(want))
	}
}

func (p *protoFile) compareField(t *testing.T, want protoField, have reflect.StructField) {
	t.Helper()
	typ := have.Type
	if want.repeated {
		if typ.Kind() != reflect.Slice {
			t.Errorf("%s is not repeated", have.Name)
			return
		}
		typ = typ.Elem()
	}
	scalars := map[string]reflect.Type{
		"bytes": reflect.TypeFor[[]byte](), "string": reflect.TypeFor[string](), "bool": reflect.TypeFor[bool](),
		"uint32": reflect.TypeFor[uint32](), "uint64": reflect.TypeFor[uint64](),
	}
	if scalar, ok := scalars[want.kind]; ok {
		if typ != scalar {
			t.Errorf("%s is a %v, want %v", have.Name, typ, scalar)
		}
		return
	}
	p.compare(t, want.kind, typ)
}

package bridge

import (
	"reflect"
	"strings"
	"testing"
)

// Every method of the contract can be called, and nothing else.
func TestMethodsAreThere(t *testing.T) {
	calls := newPage(t, newServer(t)).calls
	contract := reflect.TypeFor[Methods]()
	for i := range contract.NumMethod() {
		name := contract.Method(i).Name
		name = strings.ToLower(name[:1]) + name[1:]
		if calls[name] == nil {
			t.Errorf("%s can't be called", name)
		}
		delete(calls, name)
	}
	for name := range calls {
		t.Errorf("%s isn't in Methods", name)
	}
}

package idbstore

import (
	"syscall/js"
	"testing"

	"parley/internal/promise"
)

// look reads a value of a database as it lies there.
func look(t *testing.T, name, store string, key js.Value) js.Value {
	t.Helper()
	request := js.Global().Get("indexedDB").Call("open", name)
	db := wait(t, request)
	defer db.Call("close")
	return wait(t, db.Call("transaction", store).Call("objectStore", store).Call("get", key))
}

// wait returns the result of a request.
func wait(t *testing.T, request js.Value) js.Value {
	t.Helper()
	done := make(chan bool, 1)
	for event, ok := range map[string]bool{"onsuccess": true, "onerror": false} {
		f := js.FuncOf(func(js.Value, []js.Value) any { done <- ok; return nil })
		defer f.Release()
		request.Set(event, f)
	}
	if !<-done {
		t.Fatal("request failed")
	}
	return request.Get("result")
}

func lookRaw(t *testing.T, name, key string) []byte {
	t.Helper()
	return promise.Bytes(look(t, name, "records", promise.Array([]byte(key))))
}

// exported reports whether the key of a database can be exported.
func exported(t *testing.T, name string) bool {
	t.Helper()
	key := look(t, name, "meta", js.ValueOf("key"))
	_, err := promise.Await(t.Context(), js.Global().Get("crypto").Get("subtle").Call("exportKey", "raw", key))
	return err == nil
}

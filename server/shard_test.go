package server

import (
	"fmt"
	"testing"

	"parley/identity"
)

// Keys that differ in little are spread over all shards.
func TestShardOf(t *testing.T) {
	const each = 64
	for name, key := range map[string]func(i int) string{
		"devices": func(i int) string {
			return string(identity.NewDevice("mimi://example.org/u/alice", [16]byte{byte(i), byte(i >> 8)}))
		},
		"short names":  func(i int) string { return fmt.Sprint("mimi://example.org/u/p", i) },
		"other places": func(i int) string { return fmt.Sprint("mimi://example.com/u/p", i) },
		"longer ones":  func(i int) string { return fmt.Sprint("mimi://example.org/u/person", i) },
		"domains":      func(i int) string { return fmt.Sprintf("mimi://%d.example.org/u/alice", i) },
	} {
		of := map[int]int{}
		for i := range each * shards {
			of[shardOf(key(i))]++
		}
		for shard, n := range of {
			if n > 2*each {
				t.Errorf("%s: %d of %d keys are in shard %d", name, n, each*shards, shard)
			}
		}
		if len(of) != shards {
			t.Errorf("%s: %d shards are used; want all", name, len(of))
		}
	}
	if shardOf("mimi://a") != shardOf([]byte("mimi://a")) {
		t.Error("text and bytes differ")
	}
}

package memstore_test

import (
	"testing"

	"parley/server"
	"parley/server/memstore"
	"parley/server/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Driver{Dumps: true, Open: func(t *testing.T) server.Store { return memstore.New() }})
}

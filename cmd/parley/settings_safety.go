package main

import (
	"encoding/base64"
	"errors"

	"parley/identity"
)

// safetyConfig says what devices are given to warn their people by.
type safetyConfig struct {
	blockList    string
	blockListKey []byte
}

var safetySettings = []setting{
	{section: "Warnings on devices", key: "block_list", none: "none", help: "file of parley block-list make: addresses that mislead or harm; devices fetch it whole and look into it themselves", set: text(func(c *serveConfig) *string { return &c.safety.blockList })},
	{key: "block_list_key", none: "none", help: "public key of its maker, as parley block-list key prints it", set: setBlockListKey},
}

func setBlockListKey(c *serveConfig, v string) error {
	b, err := base64.RawURLEncoding.DecodeString(v)
	if err == nil {
		_, err = identity.ParsePublicKey(b)
	}
	if err != nil {
		return errors.New("want a key as parley block-list key prints it")
	}
	c.safety.blockListKey = b
	return nil
}

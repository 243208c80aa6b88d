package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"parley/cmd/parley/internal/load"
)

// A benchStored is what messages cost that wait for somebody.
type benchStored struct {
	Messages int     `json:"messages"`
	Each     float64 `json:"bytes_per_message"` // on the disk
	Start    float64 `json:"start_ms"`          // until a server that has them listens
	RSS      int64   `json:"rss_bytes"`         // of that server then
}

// storedPairs is how many pairs send what is kept.
const storedPairs = 64

// runStored has the server keep messages, and starts it again with them.
func (b *bench) runStored(ctx context.Context) error {
	targets, err := b.targets(ctx)
	if err != nil {
		return err
	}
	world, err := load.NewWorld(ctx, load.WorldConfig{Targets: targets, Rooms: storedPairs, Members: 2, Size: b.size})
	if err != nil {
		return err
	}
	before, err := diskBytes(b.serverDir)
	if err != nil {
		return err
	}
	if err := world.Fill(ctx, b.stored, b.inflight); err != nil {
		return err
	}
	settle(b.measured())
	if err := b.restart(ctx); err != nil { // what it wrote twice, to be safe, is gone then
		return err
	}
	after, err := diskBytes(b.serverDir)
	if err != nil {
		return err
	}
	b.stopAll()
	start := time.Now()
	if err := b.restart(ctx); err != nil {
		return err
	}
	b.report.Stored = &benchStored{
		Messages: b.stored, Each: round(float64(after-before)/float64(b.stored), 0),
		Start: ms(time.Since(start)), RSS: load.Measure(b.measured()...).RSS,
	}
	return nil
}

// diskBytes returns the size of all files in a directory.
func diskBytes(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a compaction has put another in its place
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		sum += info.Size()
		return nil
	})
	return sum, err
}

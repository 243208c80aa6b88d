package main

import (
	"fmt"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"

	"parley/server"
	"parley/server/blob"
)

// openBlobs opens what keeps attachments.
func (s *running) openBlobs() (server.BlobConfig, error) {
	b := s.cfg.blobs
	cfg := server.BlobConfig{
		Size: b.size, Quota: b.quota, Part: b.part, Retention: b.retention, Evidence: atLeast(b.evidence), Forward: b.forward,
	}
	if b.store == "none" || b.store == "" {
		return cfg, nil
	}
	if b.store == "disk" && b.dir == "" && s.hints != nil {
		s.log.Warn("attachments aren't taken: several nodes need a blob_dir that they share, or blob_store = \"s3\"")
		return cfg, nil
	}
	objects, err := b.objects(s.cfg.data)
	if err != nil {
		return cfg, fmt.Errorf("%w (blob_store)", err)
	}
	uploads := filepath.Join(s.cfg.data, "uploads")
	store, err := blob.Open(blob.Options{Uploads: uploads, Objects: objects, Free: freeIn(uploads, s.cfg.reserve)})
	if err != nil {
		return cfg, fmt.Errorf("can't use the directory for uploads %s: %w (data)", uploads, err)
	}
	cfg.Store = store
	return cfg, nil
}

// objects returns where whole attachments are kept.
func (b *blobConfig) objects(data string) (blob.Objects, error) {
	if b.store != "s3" {
		return blob.OpenDisk(b.dirIn(data))
	}
	secret, err := b.secret()
	if err != nil {
		return nil, err
	}
	return blob.OpenS3(blob.S3Options{
		Endpoint: b.s3Endpoint, Bucket: b.s3Bucket, Region: b.s3Region, AccessKey: b.s3Key, Secret: secret,
	})
}

// dirIn is where attachments are kept on disk.
func (b *blobConfig) dirIn(data string) string {
	if b.dir != "" {
		return b.dir
	}
	return filepath.Join(data, "blobs")
}

// freeIn says how much may be stored in dir so that reserve is left.
func freeIn(dir string, reserve int64) func() (int64, error) {
	return func() (int64, error) {
		usage, err := vfs.Default.GetDiskUsage(dir)
		if err != nil {
			return 0, err
		}
		return int64(usage.AvailBytes) - reserve, nil
	}
}

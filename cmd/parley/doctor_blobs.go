package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"parley/server/blob"
)

// checkBlobs looks at where attachments are kept.
func (d *doctor) checkBlobs(ctx context.Context) {
	b := &d.cfg.blobs
	switch {
	case b.store == "none":
		d.ok("attachments", "off")
		return
	case b.store == "s3":
		d.checkS3(ctx)
		return
	case b.dir == "" && d.cfg.hints != "none":
		d.warn("attachments", "several nodes, and no place for attachments that they share", "set blob_dir to a directory that all nodes have, or blob_store = \"s3\"")
		return
	}
	dir := b.dirIn(d.cfg.data)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.ok("attachments", "none yet, in %s", dir)
	case err != nil:
		d.fail("attachments", err.Error(), "make blob_dir readable for the server's user")
	case info.Mode().Perm()&0o077 != 0:
		d.warn("attachments", "others may look into "+dir, "chmod 700")
	default:
		d.ok("attachments", "in %s", dir)
	}
}

// s3CheckTime bounds the look at the bucket.
const s3CheckTime = 15 * time.Second

func (d *doctor) checkS3(ctx context.Context) {
	objects, err := d.cfg.blobs.objects(d.cfg.data)
	if err == nil {
		bounded, cancel := context.WithTimeout(ctx, s3CheckTime)
		defer cancel()
		err = blob.CheckS3(bounded, objects)
	}
	if err != nil {
		d.fail("attachments", "the bucket can't be used: "+err.Error(), "look at blob_s3_endpoint, blob_s3_bucket, the key and its rights")
		return
	}
	d.ok("attachments", "in bucket %s", d.cfg.blobs.s3Bucket)
}

package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"parley/server"
)

// blobConfig says where attachments are kept, and what is taken.
type blobConfig struct {
	store string // disk, s3 or none
	dir   string // empty: blobs in the data directory

	s3Endpoint, s3Bucket, s3Region string
	s3Key                          string
	s3Secret                       string // a secret
	s3SecretFile                   string // that holds it

	size, quota, part   int64
	retention, evidence time.Duration
	forward             int
}

var blobSettings = []setting{
	{section: "Attachments", key: "blob_store", def: "disk", help: "disk, s3 or none: where attachments are kept; they are sealed before they come here", set: choice(func(c *serveConfig, v string) { c.blobs.store = v }, "disk", "s3", "none")},
	{key: "blob_dir", none: "blobs in the data directory", help: "directory for attachments on disk; several nodes share one", set: text(func(c *serveConfig) *string { return &c.blobs.dir })},
	{key: "blob_s3_endpoint", none: "none", help: "https://HOST[:PORT] of an S3-compatible store", set: setEndpoint},
	{key: "blob_s3_bucket", none: "none", help: "its bucket, for this server alone", set: text(func(c *serveConfig) *string { return &c.blobs.s3Bucket })},
	{key: "blob_s3_region", def: "us-east-1", help: "its region", set: text(func(c *serveConfig) *string { return &c.blobs.s3Region })},
	{key: "blob_s3_access_key", none: "none", help: "access key that may read, write and delete there", set: text(func(c *serveConfig) *string { return &c.blobs.s3Key })},
	{key: "blob_s3_secret", secret: true, none: "none", help: "the access key's secret; there is no flag, since others see command lines", set: text(func(c *serveConfig) *string { return &c.blobs.s3Secret })},
	{key: "blob_s3_secret_file", none: "none", help: "file that holds the secret", set: text(func(c *serveConfig) *string { return &c.blobs.s3SecretFile })},
	{key: "max_blob", number: true, def: sizeText(server.DefaultBlobSize), help: "bytes of one attachment", set: atLeastSize(func(c *serveConfig) *int64 { return &c.blobs.size }, 64<<10)},
	{key: "blob_quota", number: true, def: sizeText(server.DefaultBlobQuota), help: "bytes of attachments that one account may keep in all; or none", set: setQuota},
	{key: "blob_part", number: true, def: sizeText(server.DefaultBlobPart), help: "bytes of an attachment in one request", set: atLeastSize(func(c *serveConfig) *int64 { return &c.blobs.part }, 64<<10)},
	{key: "blob_retention", def: days(server.DefaultBlobRetention), help: "how long attachments are kept for a message, unless it disappears earlier", set: someTime(func(c *serveConfig) *time.Duration { return &c.blobs.retention })},
	{key: "blob_evidence", def: days(server.DefaultBlobEvidence), help: "how long attachments of messages that were taken back or have disappeared are kept, for reports alone; nobody is served them", set: duration(func(c *serveConfig) *time.Duration { return &c.blobs.evidence })},
	{key: "max_forward", number: true, none: "the client's own", help: "conversations that a message may be forwarded to at once", set: number(func(c *serveConfig) *int { return &c.blobs.forward }, 1, 1000)},
}

// days is d as a setting has it.
func days(d time.Duration) string { return fmt.Sprintf("%dd", d/(24*time.Hour)) }

func atLeastSize(field func(*serveConfig) *int64, low int64) func(*serveConfig, string) error {
	return func(c *serveConfig, v string) (err error) {
		n, err := parseSize(v)
		if err == nil && n < low {
			err = errors.New("want at least " + sizeText(int(low)))
		}
		*field(c) = n
		return err
	}
}

// setQuota takes a size or none, which the server takes as below zero.
func setQuota(c *serveConfig, v string) (err error) {
	if v == "none" {
		c.blobs.quota = -1
		return nil
	}
	c.blobs.quota, err = parseSize(v)
	if err == nil && c.blobs.quota == 0 {
		err = errors.New("want a size, or none")
	}
	return err
}

// someTime takes a duration above 0.
func someTime(field func(*serveConfig) *time.Duration) func(*serveConfig, string) error {
	return func(c *serveConfig, v string) error {
		if err := setDuration(field(c), v); err != nil {
			return err
		}
		if *field(c) == 0 {
			return errors.New("want some time, as 30d")
		}
		return nil
	}
}

func setEndpoint(c *serveConfig, v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.TrimSuffix(v, "/") != u.Scheme+"://"+u.Host {
		return errors.New("want https://HOST[:PORT]")
	}
	c.blobs.s3Endpoint = u.Scheme + "://" + u.Host
	return nil
}

// contradictions returns what is wrong between settings that are right alone.
func (b *blobConfig) contradictions(check func(bad bool, key, text string)) {
	s3 := b.store == "s3"
	secret := b.s3Secret != "" || b.s3SecretFile != ""
	check(s3 && (b.s3Endpoint == "" || b.s3Bucket == ""), "blob_s3_endpoint", "blob_store = \"s3\" needs it, and blob_s3_bucket")
	check(s3 && (b.s3Key == "" || !secret), "blob_s3_access_key", "blob_store = \"s3\" needs it, and PARLEY_BLOB_S3_SECRET or blob_s3_secret_file")
	check(b.s3Secret != "" && b.s3SecretFile != "", "blob_s3_secret_file", "excludes blob_s3_secret")
	check(!s3 && (b.s3Endpoint != "" || b.s3Bucket != ""), "blob_s3_endpoint", "needs blob_store = \"s3\"")
}

// secret returns the secret of S3. No error holds it.
func (b *blobConfig) secret() (string, error) {
	if b.s3SecretFile == "" {
		return b.s3Secret, nil
	}
	data, err := os.ReadFile(b.s3SecretFile)
	if err != nil {
		return "", fmt.Errorf("blob_s3_secret_file: %w", err)
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" {
		return "", errors.New("blob_s3_secret_file is empty")
	}
	return secret, nil
}

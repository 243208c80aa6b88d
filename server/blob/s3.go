package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"parley/server"
)

// S3Options name a bucket of an S3-compatible store.
type S3Options struct {
	Endpoint  string // https://HOST[:PORT], or http:// in a network of one's own
	Bucket    string // which is there
	Region    string
	AccessKey string
	Secret    string
	Transport http.RoundTripper // nil: minio-go's
}

// Bounds of what one object costs in time and memory.
const (
	s3Part    = 32 << 20 // bytes of a part; what is no larger goes in one request
	s3Threads = 2        // parts at once
	s3Header  = 30 * time.Second
)

// An s3 is Objects in a bucket: objects/HEX.
type s3 struct {
	core   *minio.Core
	bucket string
}

// OpenS3 returns Objects in a bucket. It doesn't connect. No error holds the secret.
func OpenS3(o S3Options) (Objects, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("blob: the endpoint of S3 is https://HOST[:PORT]")
	}
	if o.Bucket == "" || o.AccessKey == "" || o.Secret == "" {
		return nil, errors.New("blob: S3 needs a bucket, an access key and its secret")
	}
	if o.Transport == nil {
		t, err := minio.DefaultTransport(u.Scheme == "https")
		if err != nil {
			return nil, err
		}
		t.ResponseHeaderTimeout = s3Header
		o.Transport = t
	}
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.Secret, ""), Secure: u.Scheme == "https",
		Region: o.Region, Transport: o.Transport,
	})
	if err != nil {
		return nil, errors.New("blob: S3 can't be used with these settings")
	}
	return &s3{core: core, bucket: o.Bucket}, nil
}

// CheckS3 returns why a bucket can't be used, if it can't: for the operator.
func CheckS3(ctx context.Context, o Objects) error {
	s, ok := o.(*s3)
	if !ok {
		return nil
	}
	there, err := s.core.BucketExists(ctx, s.bucket)
	if err == nil && !there {
		err = errors.New("there is no such bucket")
	}
	return err
}

func (s *s3) name(blob server.BlobID) string { return "objects/" + blob.String() }

// Put implements [Objects]. What is larger than a part goes in several: the
// object is there when the last one is, and not before.
func (s *s3) Put(ctx context.Context, blob server.BlobID, path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	content := io.NewSectionReader(f, 0, size)
	_, err = s.core.Client.PutObject(ctx, s.bucket, s.name(blob), content, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", PartSize: s3Part, NumThreads: s3Threads,
	})
	return unreachable(err)
}

// Has implements [Objects].
func (s *s3) Has(ctx context.Context, blob server.BlobID, size int64) (bool, error) {
	info, err := s.core.StatObject(ctx, s.bucket, s.name(blob), minio.StatObjectOptions{})
	if absent(err) {
		return false, nil
	}
	return err == nil && info.Size == size, unreachable(err)
}

// Open implements [Objects].
func (s *s3) Open(ctx context.Context, blob server.BlobID, from, n int64) (io.ReadCloser, error) {
	var o minio.GetObjectOptions
	if err := o.SetRange(from, from+n-1); err != nil {
		return nil, err
	}
	content, _, _, err := s.core.GetObject(ctx, s.bucket, s.name(blob), o)
	if absent(err) {
		return nil, server.ErrNotFound
	}
	if err != nil {
		return nil, unreachable(err)
	}
	return content, nil
}

// Delete implements [Objects].
func (s *s3) Delete(ctx context.Context, blob server.BlobID) error {
	err := s.core.RemoveObject(ctx, s.bucket, s.name(blob), minio.RemoveObjectOptions{})
	if absent(err) {
		return nil
	}
	return unreachable(err)
}

// absent reports whether S3 says that there is no such object.
func absent(err error) bool {
	return err != nil && minio.ToErrorResponse(err).Code == "NoSuchKey"
}

// unreachable is what a failure of S3 means: try again later. The operator's log
// has S3's code, and no name.
func unreachable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	code := minio.ToErrorResponse(err).Code
	if code == "" {
		code = "it can't be reached"
	}
	return fmt.Errorf("%w: S3: %s", server.ErrUnavailable, code)
}

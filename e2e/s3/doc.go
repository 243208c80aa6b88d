// Package s3 has a real S3-compatible store, versitygw, keep attachments. It is a
// module of its own, so that the product's stays free of versitygw.
package s3

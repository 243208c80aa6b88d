// Package deskstore keeps a desk.Store in one SQLite file, with every value sealed:
// who has the file, and not the desk's key file, has names without meaning and
// bytes.
//
//	record(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID
//
// A value is nonce (12 random bytes) || AES-256-GCM(store key, nonce, plaintext,
// associated data = "parley/desk-record/v1" || 0x00 || key): a value can't be moved
// to another key. The file is in WAL mode, and each write is synced before it returns.
package deskstore

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"parley/desk"
)

var _ desk.Store = (*Store)(nil)

var (
	// ErrKey is returned where the file is another desk's, or was changed.
	ErrKey = errors.New("deskstore: not a store of this desk's key")
	// ErrNewer is returned for the file of a newer version.
	ErrNewer = errors.New("deskstore: made by a newer version of Parley")
)

// The header says whose file it is, and in which version.
const (
	applicationID = 0x50444b31 // PDK1
	version       = 1
)

const label = "parley/desk-record/v1\x00"

// A Store is one handle of a file. Several processes may have one.
type Store struct {
	db   *sql.DB
	aead cipher.AEAD
}

// Open opens the file at path, or makes one. key has 32 bytes.
func Open(path string, key []byte) (*Store, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("deskstore: %v", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("deskstore: %v", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("deskstore: %w", err)
	}
	f.Close()
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("deskstore: %w", err)
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "trusted_schema(OFF)",
	}}
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("deskstore: %v", err)
	}
	db.SetMaxOpenConns(4)
	s := &Store{db: db, aead: aead}
	if err := s.setUp(); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// proofKey has a value by which the key is known to be the file's.
const proofKey = "proof"

func (s *Store) setUp() error {
	ctx := context.Background()
	var id, v int
	if err := s.db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return fmt.Errorf("deskstore: %v", err)
	}
	if err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return fmt.Errorf("deskstore: %v", err)
	}
	if id != 0 && id != applicationID {
		return ErrKey
	}
	if v > version {
		return ErrNewer
	}
	_, err := s.db.ExecContext(ctx, fmt.Sprintf(`
		CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
		PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, version))
	if err != nil {
		return fmt.Errorf("deskstore: %v", err)
	}
	proof, err := s.Get(ctx, proofKey)
	if err == nil && proof == nil {
		err = s.Write(ctx, []desk.Change{{Key: proofKey, Value: []byte("1")}})
	}
	return err
}

// Close ends the store's use.
func (s *Store) Close() error { return s.db.Close() }

func (s *Store) seal(key string, value []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(value)+s.aead.Overhead())
	rand.Read(nonce)
	return s.aead.Seal(nonce, nonce, value, []byte(label+key))
}

func (s *Store) open(key string, sealed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, ErrKey
	}
	value, err := s.aead.Open([]byte{}, sealed[:n], sealed[n:], []byte(label+key))
	if err != nil {
		return nil, ErrKey
	}
	return value, nil
}

// Get implements [desk.Store].
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	var sealed []byte
	err := s.db.QueryRowContext(ctx, "SELECT value FROM record WHERE key = ?", key).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("deskstore: %w", err)
	}
	return s.open(key, sealed)
}

// List implements [desk.Store].
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]desk.Change, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT key, value FROM record WHERE key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
		after, prefix, prefix+"\U0010FFFF", limit)
	if err != nil {
		return nil, fmt.Errorf("deskstore: %w", err)
	}
	defer rows.Close()
	var all []desk.Change
	for rows.Next() {
		var key string
		var sealed []byte
		if err := rows.Scan(&key, &sealed); err != nil {
			return nil, fmt.Errorf("deskstore: %w", err)
		}
		value, err := s.open(key, sealed)
		if err != nil {
			return nil, err
		}
		all = append(all, desk.Change{Key: key, Value: value})
	}
	return all, rows.Err()
}

// Write implements [desk.Store].
func (s *Store) Write(ctx context.Context, changes []desk.Change) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("deskstore: %w", err)
	}
	defer tx.Rollback()
	for _, c := range changes {
		if c.Value == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM record WHERE key = ?", c.Key)
		} else {
			_, err = tx.ExecContext(ctx, "INSERT INTO record (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
				c.Key, s.seal(c.Key, c.Value))
		}
		if err != nil {
			return fmt.Errorf("deskstore: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("deskstore: %w", err)
	}
	return nil
}

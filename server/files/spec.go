package files

import (
	"cmp"
	"encoding/json"

	"github.com/karezflow/karez/sdk/rows"
)

// Where files come from, and what becomes of those in a folder when they were read.
const (
	FromUpload = "upload"
	FromFolder = "folder"

	Keep   = "keep"
	Move   = "move"
	Remove = "delete"
)

// Spec says what is read, and how: the settings of a file node that are about files.
type Spec struct {
	rows.Spec

	From    string `json:"from"`
	File    string `json:"file,omitempty"`
	Folder  string `json:"folder,omitempty"`
	Pattern string `json:"pattern,omitempty"`
	After   string `json:"after,omitempty"`
}

// ReadSpec reads a node's settings. What does not fit is as if it were not there, as
// publishing a flow refuses it.
func ReadSpec(settings []byte) Spec {
	s := Spec{Spec: rows.Spec{Header: 1}}
	members := map[string]json.RawMessage{}
	_ = json.Unmarshal(settings, &members)
	for name, raw := range members { // one by one, so that one which does not fit spoils no other
		one, err := json.Marshal(map[string]json.RawMessage{name: raw})
		if before := s; err == nil && json.Unmarshal(one, &s) != nil {
			s = before
		}
	}
	s.From, s.Pattern, s.After = cmp.Or(s.From, FromUpload), cmp.Or(s.Pattern, "*"), cmp.Or(s.After, Move)
	return s
}

package problem

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/flow"
)

//go:embed zh-CN.json
var chinese []byte

// The languages. Faults are written in English; the catalogue has the others.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Sentence is a code's entry in a catalogue. {0}, {1} and {name} stand for the fault's arguments.
type Sentence struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Words are the catalogues of sentences by code.
type Words struct{ chinese map[string]Sentence }

// LoadWords reads the catalogues.
func LoadWords() (*Words, error) {
	w := &Words{}
	if err := json.Unmarshal(chinese, &w.chinese); err != nil {
		return nil, fmt.Errorf("the Chinese catalogue can't be read: %w", err)
	}
	return w, nil
}

// Has reports whether a code has a Chinese sentence.
func (w *Words) Has(code string) bool { return w.chinese[code].Message != "" }

// Codes lists the codes that have a Chinese sentence.
func (w *Words) Codes() []string {
	codes := make([]string, 0, len(w.chinese))
	for code := range w.chinese {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// Say gives message and hint in a language. A code without an entry, such as a
// vendor's own, keeps its words.
func (w *Words) Say(language, code, message, hint string, args map[string]string) (string, string) {
	s, ok := w.chinese[code]
	if language != Chinese || !ok {
		return message, hint
	}
	if translated, whole := fill(s.Message, args); whole {
		message = translated
	}
	if translated, whole := fill(s.Hint, args); whole && translated != "" {
		hint = translated
	}
	return message, hint
}

// Problems gives problems in a language.
func (w *Words) Problems(language string, problems []flow.Problem) []flow.Problem {
	said := slices.Clone(problems)
	for i := range said {
		said[i].Message, said[i].Hint = w.Say(language, said[i].Code, said[i].Message, said[i].Hint, said[i].Args)
	}
	return said
}

// fill puts arguments into a sentence; whole is false when one is missing.
func fill(sentence string, args map[string]string) (filled string, whole bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(sentence, "{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		name, after, closed := strings.Cut(rest, "}")
		value, known := args[name]
		if !closed || !known {
			return "", false
		}
		b.WriteString(value)
		sentence = after
	}
}

// Language chooses a language from an Accept-Language header: English when it
// comes before Chinese, else Chinese.
func Language(header string) string {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.ToLower(strings.TrimSpace(tag))
		switch {
		case strings.HasPrefix(tag, "zh"):
			return Chinese
		case strings.HasPrefix(tag, "en"):
			return English
		}
	}
	return Chinese
}

package problem

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
)

//go:embed zh-CN.json
var chinese []byte

// The languages. Faults are written in English; the catalogue has the others.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Sentence is a code's entry in a catalogue. {0}, {1} and {name} stand for the
// fault's arguments; a placeholder of the value language, such as {{id}}, stands for itself.
type Sentence struct {
	Message string `json:"message,omitempty"`
	// Short is said, with the original behind it, where an argument of Message is
	// not known: faults that an earlier version kept have none.
	// It stands alone where what is wrong differs from place to place.
	Short string `json:"short,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

// Words are the catalogues of sentences by code.
type Words struct {
	chinese     map[string]Sentence
	placeholder *regexp.Regexp
	expected    []phrase
}

// LoadWords reads the catalogues.
func LoadWords() (*Words, error) {
	w := &Words{placeholder: regexp.MustCompile(`\{\{[^{}]*\}\}|\{[A-Za-z0-9]+\}`)}
	if err := json.Unmarshal(chinese, &w.chinese); err != nil {
		return nil, fmt.Errorf("the Chinese catalogue can't be read: %w", err)
	}
	var err error
	w.expected, err = phrases()
	return w, err
}

// Has reports whether a code has a Chinese sentence.
func (w *Words) Has(code string) bool { return w.chinese[code].Message+w.chinese[code].Short != "" }

// Say gives message and hint in a language. A code without an entry, such as a
// vendor's own, keeps its words, and a fault without a hint gets none. A hint that
// brings its Chinese words keeps them.
func (w *Words) Say(language, code, message, hint string, args map[string]string) (string, string) {
	if language != Chinese {
		return message, hint
	}
	s := w.chinese[code]
	if translated, whole := w.fill(s.Message, args); whole && translated != "" {
		message = placed(translated, message, args)
	} else if s.Short != "" {
		message = beside(s.Short, message)
	}
	if file := args[fault.FileArg]; file != "" && s != (Sentence{}) {
		message = file + "：" + message
	}
	translated, whole := w.fill(s.Hint, args)
	switch own := args[fault.HintZH]; {
	case hint == "":
	case own != "":
		hint = own
	case whole && translated != "":
		hint = translated
	}
	return message, hint
}

// placed puts the line and the column before a sentence where the original begins with
// them and the sentence does not tell them itself.
func placed(sentence, original string, args map[string]string) string {
	line, column := args["line"], args["column"]
	if line == "" || !strings.HasPrefix(original, "line "+line+", column "+column+": ") || strings.Contains(sentence, "第 "+line+" 行") {
		return sentence
	}
	return "第 " + line + " 行第 " + column + " 列：" + sentence
}

// beside puts the original behind a short sentence, for what only it tells.
func beside(short, original string) string {
	if original == "" {
		return short
	}
	return short + "（" + original + "）"
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
func (w *Words) fill(sentence string, args map[string]string) (filled string, whole bool) {
	whole = true
	filled = w.placeholder.ReplaceAllStringFunc(sentence, func(found string) string {
		if strings.HasPrefix(found, "{{") {
			return found
		}
		name := strings.Trim(found, "{}")
		value, known := args[name]
		whole = whole && known
		if name == expected {
			return w.phrase(value)
		}
		return value
	})
	return filled, whole
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

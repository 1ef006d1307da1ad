package problem

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// expected is the argument of syntax faults that says what should stand at a place. Its
// words are the parser's, so they have a catalogue of their own.
const expected = "expected"

//go:embed expected.zh-CN.json
var chineseExpected []byte

// phrase is a way of saying what is expected: every * stands for something, which is
// {0}, {1} and so on in Chinese.
type phrase struct {
	english *regexp.Regexp
	chinese string
}

func phrases() ([]phrase, error) {
	var said map[string]string
	if err := json.Unmarshal(chineseExpected, &said); err != nil {
		return nil, fmt.Errorf("the Chinese words of what is expected can't be read: %w", err)
	}
	var out []phrase
	for _, english := range slices.Sorted(maps.Keys(said)) {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(english), `\*`, "(.*)")
		out = append(out, phrase{regexp.MustCompile("(?s)^" + pattern + "$"), said[english]})
	}
	return out, nil
}

// phrase says in Chinese what is expected, in the parser's words where nobody translated them.
func (w *Words) phrase(english string) string {
	for _, p := range w.expected {
		found := p.english.FindStringSubmatch(english)
		if found == nil {
			continue
		}
		said := p.chinese
		for i, part := range found[1:] {
			said = strings.ReplaceAll(said, "{"+strconv.Itoa(i)+"}", part)
		}
		return said
	}
	return english
}

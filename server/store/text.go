package store

import (
	"strings"
	"unicode/utf8"
)

// Cut shortens a text to the characters that its column holds. What is not UTF-8
// is replaced, because MySQL refuses it.
func Cut(text string, most int) string {
	for i := range text {
		if most == 0 {
			text = text[:i]
			break
		}
		most--
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// maxText is how many bytes a TEXT column of MySQL holds.
const maxText = 65535

// CutText shortens a text to what a TEXT column holds, on a character's edge.
func CutText(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

package store

import (
	"database/sql"
	"encoding/json"
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

// NullArgs gives the arguments of a fault for a column: NULL when there are none, or
// more than a TEXT column holds.
func NullArgs(args map[string]string) sql.NullString {
	text, err := json.Marshal(args)
	return sql.NullString{String: string(text), Valid: err == nil && len(args) > 0 && len(text) <= maxText}
}

// ReadArgs reads what NullArgs gave; what can't be read is none.
func ReadArgs(column sql.NullString) map[string]string {
	var args map[string]string
	if column.Valid && json.Unmarshal([]byte(column.String), &args) != nil {
		return nil
	}
	return args
}

// Null gives a text for a column in which none is NULL.
func Null(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

// Bit gives a truth for a column of 0 and 1.
func Bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

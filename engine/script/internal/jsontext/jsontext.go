// Package jsontext walks a JSON document that is a Go string, so that names and
// texts are parts of the document's own text and cost no allocation, and names
// keep their bytes as they are written. sdk/item does the same for bytes.
//
// It trusts that the document passed item.Check; on anything else it may miss
// members but never reads outside the text.
//
// It may import sdk/item and the standard library.
package jsontext

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/karezflow/karez/sdk/item"
)

// Inside gives the index of the first member of the object s, or of the first
// element of the array s.
func Inside(s string) int { return space(s, 1) }

// Member gives the name and the value of the member at s[i] as they are
// written, and the index of the next one, or -1 when no member stands there.
func Member(s string, i int) (name, value string, next int) {
	if i >= len(s) || s[i] != '"' {
		return "", "", -1
	}
	keyEnd := skip(s, i)
	at := space(s, keyEnd)
	if at >= len(s) || s[at] != ':' {
		return "", "", -1
	}
	at = space(s, at+1)
	end := skip(s, at)
	if end <= at {
		return "", "", -1
	}
	return s[i:keyEnd], s[at:end], comma(s, end)
}

// Elements splits an array.
func Elements(s string) []string {
	var list []string
	for i := Inside(s); i < len(s) && s[i] != ']'; {
		end := skip(s, i)
		if end <= i {
			break
		}
		list = append(list, s[i:end])
		i = comma(s, end)
	}
	return list
}

func space(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

func comma(s string, i int) int {
	if i = space(s, i); i < len(s) && s[i] == ',' {
		i = space(s, i+1)
	}
	return i
}

// skip gives the index behind the value that starts at i.
func skip(s string, i int) int {
	return item.Skip(unsafe.Slice(unsafe.StringData(s), len(s)), i) //nolint:gosec // read only: no copy of a long text at each member
}

// Unquote decodes a quoted text. A lone surrogate becomes U+FFFD.
func Unquote(quoted string) string {
	if len(quoted) < 2 {
		return ""
	}
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	if json.Unmarshal([]byte(quoted), &s) != nil {
		return ""
	}
	return s
}

// Units decodes a quoted text into UTF-16 code units; a lone surrogate stays what
// it is.
func Units(quoted string) []uint16 {
	inner := quoted[1 : len(quoted)-1]
	units := make([]uint16, 0, len(inner))
	for i := 0; i < len(inner); {
		cut := strings.IndexByte(inner[i:], '\\')
		if cut < 0 {
			cut = len(inner) - i
		}
		units = append(units, utf16.Encode([]rune(inner[i:i+cut]))...)
		if i += cut; i+1 >= len(inner) {
			break
		}
		if inner[i+1] == 'u' && i+6 <= len(inner) {
			units = append(units, hexUnit(inner[i+2:i+6]))
			i += 6
			continue
		}
		units = append(units, escapeUnit(inner[i+1]))
		i += 2
	}
	return units
}

func hexUnit(digits string) uint16 {
	var u uint16
	for i := range len(digits) {
		c := digits[i]
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		u = u<<4 | uint16(c&15)
	}
	return u
}

func escapeUnit(c byte) uint16 {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return uint16(c)
	}
}

// AppendText quotes a text that is also given as n UTF-16 code units. Lone
// surrogates, which UTF-8 cannot carry, are written as escapes.
func AppendText(dst []byte, text string, n int, unit func(int) uint16) []byte {
	if !strings.Contains(text, string(utf8.RuneError)) {
		return item.AppendText(dst, text)
	}
	dst = append(dst, '"')
	for i := 0; i < n; i++ {
		c := unit(i)
		switch {
		case c < 0xd800 || c > 0xdfff:
			quoted := item.AppendText(nil, string(rune(c)))
			dst = append(dst, quoted[1:len(quoted)-1]...)
		case c < 0xdc00 && i+1 < n && unit(i+1)&0xfc00 == 0xdc00:
			dst = utf8.AppendRune(dst, 0x10000+rune(c&0x3ff)<<10+rune(unit(i+1)&0x3ff))
			i++
		default:
			dst = append(append(dst, `\u`...), strconv.FormatUint(uint64(c), 16)...)
		}
	}
	return append(dst, '"')
}

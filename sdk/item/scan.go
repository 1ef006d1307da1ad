package item

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
)

// Rows checks a page, which must be a JSON array, and gives its elements as
// spans of it.
func Rows(page []byte) ([][]byte, error) {
	page = trim(page)
	if len(page) == 0 {
		return nil, nil
	}
	if page[0] != '[' {
		if err := Check(page); err != nil {
			return nil, err
		}
		return nil, fault.New("item.not_an_array", "a page must be a JSON array of records").Classed(fault.Data)
	}
	// Where each element ends is known when it is checked.
	var rows [][]byte
	c := checker{raw: page}
	ok := c.nested(']', func() bool {
		start := c.at
		ok := c.value()
		rows = append(rows, page[start:c.at])
		return ok
	})
	if err := c.verdict(ok); err != nil {
		return nil, err
	}
	return rows, nil
}

// AppendText appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func AppendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(append(dst, s[start:i]...), escape(c)...)
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

func escape(c byte) string {
	const hex = "0123456789abcdef"
	switch c {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	default:
		return `\u00` + string([]byte{hex[c>>4], hex[c&15]})
	}
}

func trim(raw []byte) []byte {
	start, end := space(raw, 0), len(raw)
	for end > start && (raw[end-1] == ' ' || raw[end-1] == '\n' || raw[end-1] == '\t' || raw[end-1] == '\r') {
		end--
	}
	return raw[start:end]
}

// space gives the first index from i on that is no JSON white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// comma steps over white space, one comma and white space.
func comma(b []byte, i int) int {
	if i = space(b, i); i < len(b) && b[i] == ',' {
		i = space(b, i+1)
	}
	return i
}

// Skip gives the index behind the JSON value that starts at b[i]. It trusts that b
// passed Check; on anything else it may stop early but never reads outside b.
func Skip(b []byte, i int) int {
	if i >= len(b) {
		return i
	}
	switch b[i] {
	case '"':
		return skipText(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				i = skipText(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return i
	default:
		for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
			i++
		}
		return i
	}
}

// Words of eight equal bytes, for looking at eight bytes of a text at once.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// skipText gives the index behind the string that starts at i.
func skipText(b []byte, i int) int {
	for i++; i < len(b); {
		if i+8 <= len(b) {
			// A byte of hit has its high bit set when the byte is a quote or a
			// backslash; the lowest such byte is exact.
			w := binary.LittleEndian.Uint64(b[i:])
			quote, slash := w^(ones*'"'), w^(ones*'\\')
			hit := ((quote-ones) & ^quote | (slash-ones)&^slash) & highs
			if hit == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(hit) >> 3
		}
		switch b[i] {
		case '\\':
			i += 2
		case '"':
			return i + 1
		default:
			i++
		}
	}
	return len(b)
}

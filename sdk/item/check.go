package item

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
)

// MaxDepth is the deepest nesting a record may have.
const MaxDepth = 100

// Check reports why raw is not one JSON value of at most MaxDepth levels, valid
// UTF-8, with nothing behind it: "item.invalid_json", "item.too_deep" or "item.invalid_utf8".
func Check(raw []byte) error {
	// Every page passes here, so the three questions are answered in one pass.
	c := checker{raw: raw, at: space(raw, 0)}
	return c.verdict(c.value())
}

// verdict says what was wrong with a value that was walked; ok tells whether it came to its end.
func (c *checker) verdict(ok bool) error {
	switch {
	case c.depth > MaxDepth:
		return fault.New("item.too_deep", "the record is nested deeper than %d levels", MaxDepth).Classed(fault.Data)
	case !ok || space(c.raw, c.at) != len(c.raw):
		return fault.New("item.invalid_json", "the record is not valid JSON").Classed(fault.Data)
	case c.badText:
		return fault.New("item.invalid_utf8", "the record holds bytes that are not UTF-8").Classed(fault.Data)
	default:
		return nil
	}
}

// checker walks JSON strictly by RFC 8259.
type checker struct {
	raw     []byte
	at      int
	depth   int
	badText bool
}

func (c *checker) value() bool {
	if c.at >= len(c.raw) {
		return false
	}
	switch c.raw[c.at] {
	case '{':
		return c.nested('}', c.member)
	case '[':
		return c.nested(']', c.value)
	case '"':
		return c.text()
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	default:
		return c.number()
	}
}

// nested checks an object or array: parts with commas between them, up to end.
func (c *checker) nested(end byte, part func() bool) bool {
	if c.depth++; c.depth > MaxDepth {
		return false
	}
	c.at = space(c.raw, c.at+1)
	if c.next(end) {
		c.depth--
		return true
	}
	for part() {
		c.at = space(c.raw, c.at)
		if c.next(end) {
			c.depth--
			return true
		}
		if !c.next(',') {
			return false
		}
		c.at = space(c.raw, c.at)
	}
	return false
}

func (c *checker) member() bool {
	if c.at >= len(c.raw) || c.raw[c.at] != '"' || !c.text() {
		return false
	}
	if c.at = space(c.raw, c.at); !c.next(':') {
		return false
	}
	c.at = space(c.raw, c.at)
	return c.value()
}

// next steps over one byte if it is the expected one.
func (c *checker) next(want byte) bool {
	if c.at < len(c.raw) && c.raw[c.at] == want {
		c.at++
		return true
	}
	return false
}

func (c *checker) word(want string) bool {
	end := c.at + len(want)
	if end > len(c.raw) || string(c.raw[c.at:end]) != want {
		return false
	}
	c.at = end
	return true
}

func (c *checker) number() bool {
	c.next('-')
	if !c.next('0') && !c.digits() {
		return false
	}
	if c.next('.') && !c.digits() {
		return false
	}
	if c.next('e') || c.next('E') {
		if !c.next('+') {
			c.next('-')
		}
		return c.digits()
	}
	return true
}

func (c *checker) digits() bool {
	start := c.at
	for c.at < len(c.raw) && c.raw[c.at] >= '0' && c.raw[c.at] <= '9' {
		c.at++
	}
	return c.at > start
}

func (c *checker) text() bool {
	for c.at++; c.at < len(c.raw); {
		if c.at+8 <= len(c.raw) {
			// Eight bytes at once while they are plain: no quote, backslash, control
			// character or byte of a longer rune.
			w := binary.LittleEndian.Uint64(c.raw[c.at:])
			quote, slash := w^(ones*'"'), w^(ones*'\\')
			hit := ((quote - ones) | (slash - ones) | (w - ones*' ') | w) & highs
			if hit == 0 {
				c.at += 8
				continue
			}
			c.at += bits.TrailingZeros64(hit) >> 3
		}
		switch b := c.raw[c.at]; {
		case b == '"':
			c.at++
			return true
		case b == '\\':
			if !c.escape() {
				return false
			}
		case b < ' ':
			return false
		case b < utf8.RuneSelf:
			c.at++
		default:
			r, size := utf8.DecodeRune(c.raw[c.at:])
			c.badText = c.badText || r == utf8.RuneError && size == 1
			c.at += size
		}
	}
	return false
}

func (c *checker) escape() bool {
	c.at++
	if c.at >= len(c.raw) {
		return false
	}
	switch c.raw[c.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		c.at++
		return true
	case 'u':
		end := c.at + 5
		if end > len(c.raw) {
			return false
		}
		for c.at++; c.at < end; c.at++ {
			b := c.raw[c.at]
			if (b < '0' || b > '9') && (b < 'a' || b > 'f') && (b < 'A' || b > 'F') {
				return false
			}
		}
		return true
	default:
		return false
	}
}

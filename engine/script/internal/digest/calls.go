package digest

import (
	"fmt"
	"strconv"

	"github.com/karezflow/karez/engine/script/internal/plain"
)

// Hashes is ctx.hash.
type Hashes struct{}

// Names lists the functions in the order of their documentation.
func (Hashes) Names() []string {
	return []string{"md5", "sha1", "sha256", "hmacSha256", "base64", "hex", "uuid5"}
}

// Func gives a function by its name.
func (Hashes) Func(name string) plain.Func {
	return func(args plain.Args) (any, error) {
		first, err := text(args.At(0))
		if err != nil {
			return nil, err
		}
		switch name {
		case "base64", "hex":
			return Encode([]byte(first), name)
		case "hmacSha256", "uuid5":
			second, err := text(args.At(1))
			if err != nil {
				return nil, err
			}
			if name == "uuid5" {
				return UUID(first, second)
			}
			return Encode(HMAC(first, second), args.Text(2))
		default:
			sum, _ := Sum(name, first)
			return Encode(sum, args.Text(1))
		}
	}
}

// text gives what is hashed. Anything but a text or a number would be hashed in a
// form that nobody sees.
func text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case plain.Unknown:
		return "", nil
	default:
		return "", fmt.Errorf("ctx.hash takes a text, not %s", plain.Kind(v))
	}
}

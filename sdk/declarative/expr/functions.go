package expr

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // signatures of vendors
	"crypto/sha1" //nolint:gosec // signatures of vendors
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// function takes a value and some arguments.
type function struct {
	least, most int
	run         func(v item.Value, args []item.Value, env Env) (item.Value, error)
}

func (f function) takes() string {
	if f.least == f.most {
		return strconv.Itoa(f.least) + " arguments"
	}
	return fmt.Sprintf("%d to %d arguments", f.least, f.most)
}

// Functions are the names of all functions, sorted.
func Functions() []string { return slices.Sorted(maps.Keys(functions())) }

// manyNames is more names than anybody writes.
const manyNames = 50

func functions() map[string]function {
	return map[string]function{
		"upper":    text(strings.ToUpper),
		"lower":    text(strings.ToLower),
		"trim":     text(strings.TrimSpace),
		"escape":   text(url.QueryEscape),
		"base64":   text(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }),
		"replace":  {2, 2, replace},
		"before":   {1, 1, cut(func(before, _ string) string { return before })},
		"after":    {1, 1, cut(func(_, after string) string { return after })},
		"default":  {1, 1, usual},
		"add":      {1, 1, add},
		"when":     {2, 3, when},
		"datetime": {0, 0, moment("2006-01-02 15:04:05")},
		"date":     {0, 0, moment("2006-01-02")},
		"compact":  {0, 0, moment("20060102150405")},
		"iso":      {0, 0, moment(time.RFC3339)},
		"unixMs":   {0, 0, moment(milliseconds)},
		"json":     {0, 0, func(v item.Value, _ []item.Value, _ Env) (item.Value, error) { return textual(compact(v)) }},
		"open":     {0, 0, open},
		"list":     {0, 0, list},
		"first":    {0, 0, first},
		"only":     {1, manyNames, pick(true)},
		"without":  {1, manyNames, pick(false)},
		"pairs":    {2, 2, pairs},

		"md5":         digest(md5.New),
		"sha1":        digest(sha1.New),
		"sha256":      digest(sha256.New),
		"hmacMd5":     keyed(md5.New),
		"hmacSha1":    keyed(sha1.New),
		"hmacSha256":  keyed(sha256.New),
		"hexToBase64": {0, 0, hexToBase64},
		"aesEcb":      {1, 1, aesECB},
	}
}

func textual(s string) (item.Value, error) { return textOf(s), nil }

func text(change func(string) string) function {
	return function{0, 0, func(v item.Value, _ []item.Value, _ Env) (item.Value, error) { return textual(change(Written(v))) }}
}

func replace(v item.Value, args []item.Value, _ Env) (item.Value, error) {
	text, old, with := Written(v), args[0].Text(), args[1].Text()
	switch {
	case old == "":
		return item.Value{}, errors.New("what is to be replaced is blank")
	case len(text)+strings.Count(text, old)*(len(with)-len(old)) > MostBytes:
		return item.Value{}, errTooLarge
	}
	return textual(strings.ReplaceAll(text, old, with))
}

// cut gives one side of the first place where the argument stands; without that place all is
// before it.
func cut(side func(before, after string) string) func(item.Value, []item.Value, Env) (item.Value, error) {
	return func(v item.Value, args []item.Value, _ Env) (item.Value, error) {
		before, after, _ := strings.Cut(Written(v), args[0].Text())
		return textual(side(before, after))
	}
}

// usual gives the argument where the value is blank.
func usual(v item.Value, args []item.Value, _ Env) (item.Value, error) {
	if v.Blank() {
		return args[0], nil
	}
	return v, nil
}

// when gives the second argument where the value is written as the first, else the third.
func when(v item.Value, args []item.Value, _ Env) (item.Value, error) {
	if v.Text() == args[0].Text() {
		return args[1], nil
	}
	if len(args) == 3 {
		return args[2], nil
	}
	return item.Value{}, nil
}

// add adds whole numbers.
func add(v item.Value, args []item.Value, _ Env) (item.Value, error) {
	a, ok := new(big.Int).SetString(v.Text(), 10)
	b, fine := new(big.Int).SetString(args[0].Text(), 10)
	if !ok || !fine {
		return item.Value{}, errors.New("what is added are not two whole numbers") // no values: a secret may be one
	}
	return item.Of([]byte(a.Add(a, b).String())), nil
}

// milliseconds stands for Unix milliseconds among the layouts of moments.
const milliseconds = "ms"

// moment writes Unix seconds in the zone of the system.
func moment(layout string) func(item.Value, []item.Value, Env) (item.Value, error) {
	return func(v item.Value, _ []item.Value, env Env) (item.Value, error) {
		seconds, err := strconv.ParseInt(v.Text(), 10, 64)
		if err != nil {
			return item.Value{}, errors.New("what it is given is no number of seconds")
		}
		if layout == milliseconds {
			return textual(strconv.FormatInt(seconds, 10) + "000")
		}
		return textual(time.Unix(seconds, 0).In(env.Zone).Format(layout))
	}
}

// compact writes any value as JSON.
func compact(v item.Value) string {
	switch v.Kind() {
	case item.None:
		return "null"
	case item.Array, item.Object:
		return Written(v)
	default:
		return string(v.Raw())
	}
}

// open reads the JSON in a text.
func open(v item.Value, _ []item.Value, _ Env) (item.Value, error) {
	if v.Kind() != item.String {
		return v, nil
	}
	raw := []byte(v.Text())
	if err := item.Check(raw); err != nil {
		return item.Value{}, errors.New("the text is not JSON")
	}
	return item.Of(raw), nil
}

// list makes a list of what is none.
func list(v item.Value, _ []item.Value, _ Env) (item.Value, error) {
	switch v.Kind() {
	case item.Array:
		return v, nil
	case item.None, item.Null:
		return item.Of([]byte("[]")), nil
	default:
		return item.Of(slices.Concat([]byte("["), v.Raw(), []byte("]"))), nil
	}
}

func first(v item.Value, _ []item.Value, _ Env) (item.Value, error) {
	for e := range v.Elements() {
		return e, nil
	}
	return item.Value{}, nil
}

// pick keeps the members of an object that are named, or the others.
func pick(keep bool) func(item.Value, []item.Value, Env) (item.Value, error) {
	return func(v item.Value, args []item.Value, _ Env) (item.Value, error) {
		if kind := v.Kind(); kind != item.Object && kind != item.None && kind != item.Null {
			return item.Value{}, errors.New("what it is given is no object")
		}
		out := NewObject()
		for name, value := range v.Fields() {
			if slices.ContainsFunc(args, func(a item.Value) bool { return a.Text() == name }) == keep {
				out.Add(name, value)
			}
		}
		return out.Value(), nil
	}
}

// pairs writes the members of an object in the byte order of their names, the first argument
// between name and value, the second between members. Blank ones are left out.
func pairs(v item.Value, args []item.Value, _ Env) (item.Value, error) {
	if v.Kind() != item.Object {
		return item.Value{}, errors.New("what it is given is no object")
	}
	texts, size := map[string]string{}, 0
	for name, value := range v.Fields() {
		if !value.Blank() {
			texts[name] = Written(value)
			if size += len(name) + len(texts[name]) + len(args[0].Text()) + len(args[1].Text()); size > MostBytes {
				return item.Value{}, errTooLarge
			}
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		out = append(out, name+args[0].Text()+texts[name])
	}
	return textual(strings.Join(out, args[1].Text()))
}

func digest(begin func() hash.Hash) function {
	return function{0, 0, func(v item.Value, _ []item.Value, _ Env) (item.Value, error) {
		h := begin()
		_, _ = h.Write([]byte(Written(v))) // a hash takes everything
		return textual(hex.EncodeToString(h.Sum(nil)))
	}}
}

func keyed(begin func() hash.Hash) function {
	return function{1, 1, func(v item.Value, args []item.Value, _ Env) (item.Value, error) {
		h := hmac.New(begin, []byte(args[0].Text()))
		_, _ = h.Write([]byte(Written(v))) // a hash takes everything
		return textual(hex.EncodeToString(h.Sum(nil)))
	}}
}

func hexToBase64(v item.Value, _ []item.Value, _ Env) (item.Value, error) {
	raw, err := hex.DecodeString(v.Text())
	if err != nil {
		return item.Value{}, errors.New("the text is not made of hexadecimal digits")
	}
	return textual(base64.StdEncoding.EncodeToString(raw))
}

// aesECB encrypts block by block with PKCS#7 padding, in base64: some vendors hide their
// digests so. It keeps no secret where blocks repeat.
func aesECB(v item.Value, args []item.Value, _ Env) (item.Value, error) {
	block, err := aes.NewCipher([]byte(args[0].Text()))
	if err != nil {
		return item.Value{}, errors.New("the key does not have 16, 24 or 32 bytes")
	}
	plain := []byte(Written(v))
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	plain = append(plain, []byte(strings.Repeat(string(rune(padding)), padding))...)
	for at := 0; at < len(plain); at += aes.BlockSize {
		block.Encrypt(plain[at:at+aes.BlockSize], plain[at:at+aes.BlockSize])
	}
	return textual(base64.StdEncoding.EncodeToString(plain))
}

// Object is a JSON object that is being written. A name that comes again replaces the value.
type Object struct {
	names  []string
	values map[string]item.Value
}

// NewObject makes an empty one.
func NewObject() *Object { return &Object{values: map[string]item.Value{}} }

// Add puts a member behind the others, or in the place of the one with its name.
func (o *Object) Add(name string, value item.Value) {
	if _, there := o.values[name]; !there {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// Value gives the object.
func (o *Object) Value() item.Value {
	out := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(item.AppendText(out, name), ':'), o.values[name].Raw()...)
	}
	return item.Of(append(out, '}'))
}

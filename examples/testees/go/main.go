// A testee in Go, with the standard library alone: two small messages of Restate's fabric, from V2 on.
//
// It answers the questions of docs/testee.md. The codec is a table: what is read by it is written by it
// again, and the other releases say what they make of that.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
)

const (
	varint    = 0
	delimited = 1
	fourBytes = 2
)

// A field is a number up to max, or has fields inside.
type field struct {
	tag    uint64
	max    uint64
	inside []field
}

var request = []field{{tag: 1, max: math.MaxUint64}, {tag: 2, max: math.MaxUint32}}

var nodeID = []field{{tag: 0, max: math.MaxUint32}, {tag: 1, max: math.MaxUint32}}

var messages = map[string][]field{
	"Seal": {{tag: 1, inside: request}, {tag: 2, inside: nodeID}},
	"Trim": {{tag: 1, inside: request}, {tag: 2, max: math.MaxUint32}},
}

// A value is a number, or has values inside.
type value struct {
	number uint64
	inside map[uint64]value
}

var errEnd = errors.New("the bytes end too early")

// readVarint gives the number at the front, and what is behind it. A byte of 128 or more has another one
// after it.
func readVarint(data []byte) (uint64, []byte, error) {
	var number uint64
	for index := 0; index < 9 && index < len(data); index++ {
		part := uint64(data[index]) << (7 * index)
		if number += part; number < part {
			return 0, nil, errors.New("a number of more than 64 bits")
		}
		if data[index] < 128 || index == 8 {
			return number, data[index+1:], nil
		}
	}
	return 0, nil, errEnd
}

func writeVarint(to []byte, number uint64) []byte {
	for count := 0; number >= 128 && count < 8; count++ {
		to = append(to, byte(number)|128)
		number = number>>7 - 1
	}
	return append(to, byte(number))
}

// read gives the values of the fields by tag. What has another tag is passed over.
func read(data []byte, fields []field) (map[uint64]value, error) {
	values, tag := map[uint64]value{}, uint64(0)
	for len(data) > 0 {
		key, rest, err := readVarint(data)
		if err != nil {
			return nil, err
		}
		tag, data = tag+key>>2, rest
		if tag > math.MaxUint32 {
			return nil, errors.New("a tag of more than 32 bits")
		}
		wire, number, body := key&3, uint64(0), []byte(nil)
		if wire == varint || wire == delimited {
			if number, data, err = readVarint(data); err != nil {
				return nil, err
			}
		}
		if wire != varint {
			size := number
			if wire >= fourBytes {
				size = 4 * (wire - 1)
			}
			if size > uint64(len(data)) {
				return nil, errEnd
			}
			body, data = data[:size], data[size:]
		}
		for _, known := range fields {
			if known.tag != tag {
				continue
			}
			if _, again := values[tag]; again {
				return nil, fmt.Errorf("field %d is there twice", tag)
			}
			switch {
			case known.inside == nil && wire == varint && number <= known.max:
				values[tag] = value{number: number}
			case known.inside != nil && wire == delimited:
				inside, err := read(body, known.inside)
				if err != nil {
					return nil, err
				}
				values[tag] = value{inside: inside}
			default:
				return nil, fmt.Errorf("field %d has wire type %d, or is too large", tag, wire)
			}
		}
	}
	return values, nil
}

// write leaves out what is zero or empty.
func write(values map[uint64]value, fields []field) []byte {
	var written []byte
	last := uint64(0)
	for _, field := range fields {
		it := values[field.tag]
		inner := write(it.inside, field.inside)
		if it.number == 0 && len(inner) == 0 {
			continue
		}
		if field.inside == nil {
			written = writeVarint(written, (field.tag-last)<<2|varint)
			written = writeVarint(written, it.number)
		} else {
			written = writeVarint(written, (field.tag-last)<<2|delimited)
			written = append(writeVarint(written, uint64(len(inner))), inner...)
		}
		last = field.tag
	}
	return written
}

type object map[string]any

type question struct {
	ID      json.RawMessage `json:"id"`
	Verb    string          `json:"verb"`
	Message string          `json:"message"`
	Version int             `json:"version"`
	Hex     string          `json:"hex"`
	Asks    []question      `json:"asks"`
}

// answer says how it went, however it goes.
func answer(ask question) (said object) {
	defer func() {
		if words := recover(); words != nil {
			said = object{"id": ask.ID, "panicked": object{"words": fmt.Sprint(words), "place": string(debug.Stack())}}
		}
	}()
	no := func(kind string, words string) object {
		return object{"id": ask.ID, kind: object{"words": words}}
	}
	switch ask.Verb {
	case "hello":
		return object{"id": ask.ID, "ok": object{
			"testee": 1, "protocol": "restate-fabric", "name": "by hand", "release": "1.7", "language": "Go",
			"verbs":         []string{"reencode", "batch", "stop"},
			"messages":      []object{{"name": "Seal", "min": 2, "max": 3}, {"name": "Trim", "min": 2, "max": 3}},
			"deterministic": true,
		}}
	case "reencode":
		fields, isKnown := messages[ask.Message]
		if !isKnown || ask.Version < 2 || ask.Version > 3 {
			return no("unsupported", fmt.Sprintf("there is no %s at version %d", ask.Message, ask.Version))
		}
		data, err := hex.DecodeString(ask.Hex)
		if err != nil {
			return no("fault", err.Error())
		}
		values, err := read(data, fields)
		if err != nil {
			return no("refused", err.Error())
		}
		return object{"id": ask.ID, "ok": object{"hex": hex.EncodeToString(write(values, fields))}}
	case "batch":
		answers := []object{}
		for _, inner := range ask.Asks {
			answers = append(answers, answer(inner))
		}
		return object{"id": ask.ID, "ok": object{"answers": answers}}
	case "stop":
		return object{"id": ask.ID, "ok": object{}}
	}
	return no("unsupported", "there is no verb "+ask.Verb)
}

func main() {
	// Standard output belongs to the answers: whatever else is printed goes to standard error.
	answers := json.NewEncoder(os.Stdout)
	os.Stdout = os.Stderr
	for lines := bufio.NewReader(os.Stdin); ; {
		line, end := lines.ReadBytes('\n')
		if len(line) > 0 {
			var ask question
			said := object{"id": nil}
			if err := json.Unmarshal(line, &ask); err != nil || ask.ID == nil {
				said["fault"] = object{"words": fmt.Sprintf("not a question: %v", err)}
			} else {
				said = answer(ask)
			}
			if answers.Encode(said) != nil || ask.Verb == "stop" {
				return
			}
		}
		if end == io.EOF {
			return
		}
	}
}

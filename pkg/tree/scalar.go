package tree

import (
	"errors"
	"strconv"
	"strings"
)

// Plain returns what a plain (unquoted) YAML 1.1 scalar stands for, with the
// rules of the decoder behind sigs.k8s.io/yaml.
func Plain(s string) (*Value, error) {
	v, err := plain(s)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

func plain(s string) (Value, error) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return *nullValue, nil
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return *trueValue, nil
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return *falseValue, nil
	case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
		return Value{}, errors.New("JSON, and so Kubernetes, has no number " + s)
	}
	switch c := s[0]; {
	case c == '.':
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return textValue(Number, floatText(f)), nil
		}
	case c == '+', c == '-', '0' <= c && c <= '9':
		if isInteger(s) {
			return textValue(Number, s), nil
		}
		if !likeNumber(s) {
			break
		}
		if text, ok := number(s); ok {
			return textValue(Number, text), nil
		}
	}
	return textValue(String, s), nil
}

// isInteger says that s is an integer that stands for itself, as almost all do.
func isInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	const always = 18 // digits that an int64 holds
	return len(digits) <= always && allDigits(digits) && (digits[0] != '0' || s == "0")
}

// number reads what begins like a number, as JSON has it; a date or a word is none.
func number(s string) (text string, ok bool) {
	digits := strings.ReplaceAll(s, "_", "")
	if i, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return strconv.FormatInt(i, 10), true
	}
	if u, err := strconv.ParseUint(digits, 0, 64); err == nil {
		return strconv.FormatUint(u, 10), true
	}
	if isDecimal(digits) {
		if f, err := strconv.ParseFloat(digits, 64); err == nil {
			if jsonNumber(digits) {
				return digits, true
			}
			return floatText(f), true
		}
	}
	return "", false
}

// likeNumber says that nothing stands in s that no number has: the errors of
// [strconv] are copies.
func likeNumber(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'f':
		case c == '+', c == '-', c == '.', c == '_', c|0x20 == 'x', c|0x20 == 'o':
		default:
			return false
		}
	}
	return true
}

func floatText(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// isDecimal says whether s is a decimal number as YAML 1.1 writes it: a sign,
// digits round a point, an exponent. Unlike Go's, no hexadecimal and no words.
func isDecimal(s string) bool {
	s = strings.TrimLeft(s[:1], "+-") + s[1:]
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(s), "e")
	if hasExponent {
		if exponent != "" {
			exponent = strings.TrimLeft(exponent[:1], "+-") + exponent[1:]
		}
		if !allDigits(exponent) {
			return false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	return whole+fraction != "" && (whole == "" || allDigits(whole)) && (fraction == "" || allDigits(fraction))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// jsonNumber says whether s is a JSON number as it stands, whose spelling can be
// kept.
func jsonNumber(s string) bool {
	p := parser{text: s}
	return p.skipNumber() == nil && p.pos == len(s)
}

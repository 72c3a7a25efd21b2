package tree

// PlainRun is how many bytes from the beginning of a text stand for themselves in a
// string of JSON, and are ASCII. It looks at eight at a time.
func PlainRun(s string) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		e := s[i : i+8]
		x := uint64(e[0]) | uint64(e[1])<<8 | uint64(e[2])<<16 | uint64(e[3])<<24 |
			uint64(e[4])<<32 | uint64(e[5])<<40 | uint64(e[6])<<48 | uint64(e[7])<<56
		quote, backslash := x^ones*'"', x^ones*'\\'
		// The high bit of a byte is set where it is not plain, or stands behind such a one.
		if (x|(x-ones*' ')|(quote-ones)|(backslash-ones))&highs != 0 {
			break
		}
	}
	for i < len(s) && isPlain[s[i]] {
		i++
	}
	return i
}

// isPlain are the characters that stand for themselves in a string of JSON.
var isPlain = func() (is [256]bool) {
	for c := byte(' '); c < 0x80; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

package tree

// Each byte of eight, and the highest bit of each. Of two numbers of seven bits, the
// first with that bit set, the difference has it where the first is not smaller.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

func eightOf(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// PlainRun is how many bytes from the beginning of a text stand for themselves in a
// string of JSON, and are ASCII.
func PlainRun(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := eightOf(s[i : i+8])
		escaped := atLeast(x, ' ') & atLeast(x^ones*'"', 1) & atLeast(x^ones*'\\', 1)
		if x&highs != 0 || escaped != highs {
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

// ordinaryRun is how many bytes from the beginning of a text are printable ASCII and
// line feeds, as far as eight at a time are.
func ordinaryRun(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := eightOf(s[i : i+8])
		ordinary := (atLeast(x, ' ') | ^atLeast(x^ones*'\n', 1)) &^ atLeast(x, 0x7F)
		if x&highs != 0 || ordinary&highs != highs {
			break
		}
	}
	return i
}

// atLeast sets the highest bit of each byte that is no less than the least; all have
// seven bits.
func atLeast(x uint64, least uint64) uint64 { return ((x | highs) - ones*least) & highs }

package model

// Nearest finds the name closest to what somebody wrote: the same but for case, spaces, _ and -, else by edit distance of at most
// a third of its length. It serves "did you mean …"; names must already be limited to what the asker may know.
func Nearest(written string, names []string) (string, bool) {
	if len(written) > 80 {
		return "", false
	}
	w := squash(written)
	best, limit := "", max(1, len(w)/3)+1
	for _, name := range names {
		if d := editDistance(w, squash(name)); d < limit {
			best, limit = name, d
		}
	}
	return best, best != ""
}

// editDistance counts the insertions, deletions, replacements and swaps of neighbours between two words, in bytes.
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) {
		rows[0][j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

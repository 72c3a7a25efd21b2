package webhook

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sync/semaphore"
)

// room is the memory that calls have, as bytes of bodies in flight, and their share of
// the processors. No body waits behind larger ones: what honest callers send is small.
type room struct {
	// small and large are for buffers that bodies are read into.
	small, large *semaphore.Weighted
	// work is for large bodies that are worked on, few at a time: each takes many times
	// its size, and a processor for long.
	work      *semaphore.Weighted
	workBytes int64
	// some is for bodies that are worked on and neither large nor as small as most.
	some *semaphore.Weighted
	// atOnce is how many of either are worked on at one time.
	atOnce int64
	// largest is the size of the largest body that is read.
	largest int
	heap    *heap
}

const (
	// maxBody is the size of the largest AdmissionReview that is read where there is
	// memory for it, in bytes. The API server takes objects of 3 MiB.
	maxBody   = 8 << 20
	leastBody = 3<<20 + 1<<19
	// usualBody is the size of the reviews of most pods, which take less than a
	// millisecond, and smallBody that of nearly all.
	usualBody = 16 << 10
	smallBody = 64 << 10
	// freeBody is what a body may take without being counted.
	freeBody = 4 << 10
	// costOfWork is how many times its size a pod takes at most while it is injected:
	// BenchmarkGrowth of pkg/inject shows it.
	costOfWork = 48
	// besides is what all but calls takes.
	besides = 64 << 20
	// unlimited is taken for the memory of a process that has no limit.
	unlimited = 1 << 30
	// shortWait is how long a call waits for room.
	shortWait = time.Second
)

// newRoom divides the memory that Go's runtime was told of (GOMEMLIMIT).
func newRoom() *room {
	memory := debug.SetMemoryLimit(-1)
	if memory == math.MaxInt64 {
		memory = unlimited
	}
	return roomIn(memory, runtime.GOMAXPROCS(0))
}

func roomIn(memory int64, processors int) *room {
	work := min(max((memory-besides)/costOfWork, leastBody), math.MaxInt32)
	return &room{
		small: semaphore.NewWeighted(max(memory/8, 4<<20)),
		large: semaphore.NewWeighted(max(memory/8, 2*maxBody)),
		work:  semaphore.NewWeighted(work), workBytes: work,
		some:    semaphore.NewWeighted(int64(max(processors/2, 1))),
		atOnce:  int64(max(processors/2, 1)),
		largest: int(min(work, maxBody)),
		heap:    newHeap(),
	}
}

var errNoRoom = errors.New("too many calls are under way; try again")

// place is what one call has of the room.
type place struct {
	small, large, some, work int64
	// worked is the size of a large body that is worked on.
	worked int64
}

// forBody takes room for a buffer that is to have so many bytes.
func (r *room) forBody(p *place, bytes int, b *budget) error {
	if bytes <= smallBody {
		return take(r.small, &p.small, int64(bytes-freeBody), b)
	}
	return take(r.large, &p.large, int64(bytes-smallBody), b)
}

// forWork takes room to work on a body of that size.
func (r *room) forWork(p *place, bytes int, b *budget) error {
	if bytes <= usualBody {
		return nil
	}
	if bytes <= smallBody {
		return take(r.some, &p.some, 1, b)
	}
	if err := take(r.work, &p.work, min(max(int64(bytes), r.workBytes/r.atOnce), r.workBytes), b); err != nil {
		return err
	}
	p.worked = int64(bytes)
	r.heap.works(p.worked)
	return nil
}

// take waits shortly until a place has so many bytes.
func take(from *semaphore.Weighted, has *int64, wanted int64, b *budget) error {
	more := wanted - *has
	if more <= 0 {
		return nil
	}
	if !from.TryAcquire(more) {
		ctx, cancel := b.waiting(shortWait)
		defer cancel()
		if from.Acquire(ctx, more) != nil {
			if b.Context.Err() != nil {
				return b.Context.Err()
			}
			return errNoRoom
		}
	}
	*has = wanted
	return nil
}

// worked gives back what working took.
func (r *room) worked(p *place) {
	if p.worked > 0 {
		r.heap.works(-p.worked)
		p.worked = 0
	}
	give(r.some, &p.some)
	give(r.work, &p.work)
}

// leave gives all back.
func (r *room) leave(p *place) {
	give(r.small, &p.small)
	give(r.large, &p.large)
	r.worked(p)
}

func give(to *semaphore.Weighted, has *int64) {
	if *has > 0 {
		to.Release(*has)
		*has = 0
	}
}

// tooLarge is an error for bodies above the largest.
func (r *room) tooLarge() error { return &tooLargeError{r.largest} }

type tooLargeError struct{ most int }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the body is larger than %.3g MiB", float64(e.most)/(1<<20))
}

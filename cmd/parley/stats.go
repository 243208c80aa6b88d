package main

// What each number of the packages' Stats is, for /metrics. A test holds that
// none is missing.

var serverMetas = map[string]statMeta{
	"Messages":      {counter, "Messages accepted, repetitions too."},
	"Copies":        {counter, "Mailboxes that accepted messages went to."},
	"Bytes":         {counter, "Bytes of accepted messages."},
	"Commits":       {counter, "Changes of conversations accepted."},
	"Rooms":         {counter, "Conversations opened."},
	"Reads":         {counter, "Reads of mailboxes."},
	"Delivered":     {counter, "Envelopes read from mailboxes."},
	"Sessions":      {counter, "Sessions opened."},
	"Verified":      {counter, "Session tokens verified rather than remembered."},
	"Limited":       {counter, "Requests refused because somebody asks too much."},
	"Busy":          {counter, "Operations refused because too much waits to be stored."},
	"Blocked":       {counter, "Messages, additions and first contacts refused because somebody is blocked."},
	"Signals":       {counter, "Signals taken from devices."},
	"SignalsLost":   {counter, "Signals replaced by newer ones, or thrown away because too many waited."},
	"Pushed":        {counter, "Devices woken: pushes that a push service took."},
	"PushesFailed":  {counter, "Pushes that failed."},
	"PushesGone":    {counter, "Push subscriptions that were found to be gone."},
	"HintsSent":     {counter, "Hints to other nodes."},
	"HintsReceived": {counter, "Hints from other nodes."},
	"Polls":         {counter, "Looks at mailboxes without a hint."},
	"Remembered":    {gauge, "Sessions in memory."},
	"Waiting":       {gauge, "Streams and reads that wait for a mailbox."},
	"Storing":       {gauge, "Messages that wait to be stored."},
	"Pushing":       {gauge, "Accounts that wait to be looked at for pushes."},
	"Draining":      {gauge, "1 once the server is told to end."},
}

var clientsMetas = map[string]statMeta{
	"Streams":        {gauge, "Streams open."},
	"Workers":        {gauge, "Goroutines that wait for work."},
	"StreamsOpened":  {counter, "Streams opened."},
	"StreamsRefused": {counter, "Streams refused: too many, or the server ends."},
	"SlowCut":        {counter, "Streams cut because the client read too slowly."},
	"IdleCut":        {counter, "Streams cut because the client said nothing for too long."},
	"StalledCut":     {counter, "Streams cut because a first frame or the rest of one didn't come."},
	"FramesIn":       {counter, "Messages of clients on streams."},
	"FramesOut":      {counter, "Replies and pushes on streams."},
	"BytesOut":       {counter, "Bytes written to streams."},
	"Pushes":         {counter, "Frames of events pushed."},
	"Signals":        {counter, "Signals in pushed frames."},
	"Events":         {counter, "Events in pushed frames."},
}

var connectionsMetas = map[string]statMeta{
	"Open":           {gauge, "Connections open on the ports for clients."},
	"Most":           {gauge, "Connections that may be open."},
	"Refused":        {counter, "Connections closed at once because too many were open."},
	"RefusedAddress": {counter, "Connections closed at once because too many were open from one address."},
}

var hintsMetas = map[string]statMeta{
	"Published": {counter, "Accounts that other nodes were told of."},
	"Messages":  {counter, "Messages to other nodes."},
	"Received":  {counter, "Messages from other nodes."},
	"Lost":      {counter, "Hints thrown away here: too many waited."},
	"Bad":       {counter, "Messages of other nodes that can't be read."},
	"Routes":    {gauge, "Connections to other nodes."},
}

// storeMetas are those of the stores, by part.
var storeMetas = map[string]map[string]statMeta{
	"postgres": {
		"Appends":     {counter, "Messages stored."},
		"Groups":      {counter, "Transactions that stored messages."},
		"Acks":        {counter, "Acknowledgements stored."},
		"AckGroups":   {counter, "Transactions that stored acknowledgements."},
		"Retries":     {counter, "Transactions tried again: conflicts with others."},
		"Unavailable": {counter, "Calls that failed because the database couldn't be used."},
		"Busy":        {counter, "Messages refused because too many waited."},
		"Waiting":     {gauge, "Messages that wait to be stored."},
		"Conns":       {gauge, "Connections open."},
		"ConnsInUse":  {gauge, "Connections in use."},
		"ConnsMax":    {gauge, "Connections at most."},
		"ConnWaits":   {counter, "How often a connection had to be waited for."},
		"RoomsCached": {gauge, "Conversations in memory."},
	},
	"store": {
		"Operations":      {counter, "Operations that the batcher ran."},
		"Refused":         {counter, "Operations refused because too many waited."},
		"Groups":          {counter, "Groups of operations written, each with one sync of the log."},
		"GroupNS":         {seconds, "Time in groups, sync included."},
		"SyncNS":          {seconds, "Time in writing and syncing groups."},
		"Written":         {counter, "Bytes handed to the log."},
		"Queue":           {gauge, "Operations that wait or run."},
		"Hits":            {counter, "Reads of mailboxes answered from memory."},
		"Misses":          {counter, "Reads of mailboxes that went to the database."},
		"Tail":            {gauge, "Envelopes in memory for reads."},
		"Window":          {gauge, "Bytes of envelopes in memory."},
		"DiskBytes":       {gauge, "Bytes that the store occupies."},
		"LogBytes":        {counter, "Bytes written to the log, padding included."},
		"FlushBytes":      {counter, "Bytes written by flushes of memory."},
		"CompactionBytes": {counter, "Bytes written by compactions."},
		"Flushes":         {counter, "Flushes of memory."},
		"Compactions":     {counter, "Compactions."},
		"CacheHits":       {counter, "Blocks found in the cache."},
		"CacheMisses":     {counter, "Blocks read from disk."},
		"Full":            {gauge, "1 above max_store: nothing new is taken."},
		"Failed":          {gauge, "1 once the store takes no writes: restart the server."},
	},
}

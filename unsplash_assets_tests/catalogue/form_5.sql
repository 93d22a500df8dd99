BEGIN TRANSACTION;
CREATE TABLE catalogue_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT catalogue_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "catalogue_version" VALUES('5');
CREATE TABLE exhausted_topics (
	mode VARCHAR(8) NOT NULL, 
	api VARCHAR(300) NOT NULL, 
	topic VARCHAR(100) NOT NULL, 
	filters VARCHAR(40) NOT NULL, 
	times INTEGER NOT NULL, 
	found_at FLOAT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (mode, api, topic, filters)
);
CREATE TABLE libraries (
	mode VARCHAR(8) NOT NULL, 
	identity VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	tick FLOAT NOT NULL, 
	tick_process VARCHAR(300), 
	kept_photos INTEGER DEFAULT '0' NOT NULL, 
	kept_bytes BIGINT DEFAULT '0' NOT NULL, 
	clock_at FLOAT, 
	clock_jumped_at FLOAT, 
	boot VARCHAR(100), 
	booted_at FLOAT, 
	PRIMARY KEY (mode)
);
CREATE TABLE library_runs (
	mode VARCHAR(8) NOT NULL, 
	run_id VARCHAR(64) NOT NULL, 
	topic VARCHAR(100), 
	process VARCHAR(300) NOT NULL, 
	started_at FLOAT NOT NULL, 
	ended_at FLOAT, 
	outcome VARCHAR(10), 
	error TEXT, 
	alive_at FLOAT, 
	PRIMARY KEY (mode, run_id)
);
CREATE TABLE photos (
	mode VARCHAR(8) NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	topic VARCHAR(100) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	arrival INTEGER NOT NULL, 
	postponed INTEGER NOT NULL, 
	reason TEXT, 
	run_id VARCHAR(64), 
	api VARCHAR(300), 
	photographer TEXT NOT NULL, 
	photographer_url TEXT NOT NULL, 
	page_url TEXT NOT NULL, 
	download_location TEXT, 
	urls JSON NOT NULL, 
	color VARCHAR(7), 
	blur_hash TEXT, 
	description TEXT, 
	alt_description TEXT, 
	rendition VARCHAR(10), 
	url TEXT, 
	path TEXT, 
	bytes BIGINT, 
	width INTEGER, 
	height INTEGER, 
	sha256 VARCHAR(64), 
	stored_at FLOAT, 
	stored_sequence INTEGER, 
	favourite BOOLEAN DEFAULT 0 NOT NULL, 
	event_due_at FLOAT, 
	event_failures INTEGER DEFAULT '0' NOT NULL, 
	event_sent_at FLOAT, 
	event_error TEXT, 
	counted_bytes BIGINT DEFAULT '0' NOT NULL, 
	repair_due_at FLOAT, 
	PRIMARY KEY (mode, id)
);
CREATE TABLE quotas (
	mode VARCHAR(8) NOT NULL, 
	"key" VARCHAR(16) NOT NULL, 
	request_limit INTEGER, 
	request_id INTEGER, 
	asked_at FLOAT, 
	told_at FLOAT, 
	remaining INTEGER, 
	reset_by FLOAT, 
	refused_at FLOAT, 
	key_refused_at FLOAT, 
	key_refusals INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (mode, "key")
);
CREATE TABLE requests (
	id INTEGER NOT NULL, 
	mode VARCHAR(8) NOT NULL, 
	"key" VARCHAR(16) NOT NULL, 
	count INTEGER NOT NULL, 
	told INTEGER NOT NULL, 
	ours BOOLEAN NOT NULL, 
	reserved_at FLOAT NOT NULL, 
	settled_at FLOAT, 
	PRIMARY KEY (id)
);
CREATE INDEX photos_by_event ON photos (mode, event_due_at);
CREATE INDEX photos_by_size ON photos (mode, state, topic, bytes);
CREATE UNIQUE INDEX photos_by_sequence ON photos (mode, stored_sequence);
CREATE INDEX photos_by_state ON photos (mode, topic, state, postponed, arrival);
CREATE INDEX photos_prunable ON photos (mode, stored_at, stored_sequence) WHERE state IN ('stored', 'damaged', 'lost') AND NOT favourite;
CREATE INDEX photos_by_run ON photos (mode, run_id);
CREATE INDEX photos_miscounted ON photos (mode) WHERE counted_bytes <> CASE WHEN state IN ('stored', 'damaged', 'lost') AND NOT favourite THEN bytes ELSE 0 END;
CREATE INDEX runs_by_end ON library_runs (mode, ended_at);
CREATE INDEX requests_by_time ON requests (mode, "key", reserved_at);
COMMIT;

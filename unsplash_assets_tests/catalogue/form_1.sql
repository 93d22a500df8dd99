CREATE TABLE libraries (
	mode VARCHAR(8) NOT NULL, 
	identity VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	request_limit INTEGER, 
	tick FLOAT NOT NULL, 
	tick_process VARCHAR(300), 
	PRIMARY KEY (mode)
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
	fetched_at FLOAT NOT NULL, 
	photographer TEXT NOT NULL, 
	photographer_url TEXT NOT NULL, 
	page_url TEXT NOT NULL, 
	download_location TEXT, 
	urls JSON NOT NULL, 
	original_width INTEGER, 
	original_height INTEGER, 
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
	PRIMARY KEY (mode, id)
);
CREATE INDEX photos_by_state ON photos (mode, topic, state, postponed, arrival);
CREATE UNIQUE INDEX photos_by_sequence ON photos (mode, stored_sequence);
CREATE INDEX photos_by_run ON photos (mode, run_id);
CREATE INDEX photos_by_size ON photos (mode, state, topic, bytes);
CREATE TABLE runs (
	mode VARCHAR(8) NOT NULL, 
	run_id VARCHAR(64) NOT NULL, 
	topic VARCHAR(100), 
	process VARCHAR(300) NOT NULL, 
	started_at FLOAT NOT NULL, 
	ended_at FLOAT, 
	outcome VARCHAR(10), 
	error TEXT, 
	PRIMARY KEY (mode, run_id)
);
CREATE INDEX runs_by_end ON runs (mode, ended_at);
CREATE TABLE requests (
	id INTEGER NOT NULL, 
	mode VARCHAR(8) NOT NULL, 
	sent_at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX requests_by_time ON requests (mode, sent_at);

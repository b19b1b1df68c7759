BEGIN TRANSACTION;
CREATE TABLE changes_cursor (
	name VARCHAR(16) NOT NULL, 
	seq INTEGER NOT NULL, 
	resource_id VARCHAR(64) NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "changes_cursor" VALUES('changes',4711,'00112233-44556677-8899aabb-ccddeeff-00112233');
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	work_id INTEGER NOT NULL, 
	study_uid VARCHAR(64) NOT NULL, 
	at FLOAT NOT NULL, 
	who VARCHAR(128) NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	from_state VARCHAR(16), 
	to_state VARCHAR(16), 
	detail TEXT NOT NULL, 
	FOREIGN KEY(work_id) REFERENCES work (id)
);
INSERT INTO "events" VALUES(1,1,'2.25.326649124799006250189370199118586744450',1700000030.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(2,1,'2.25.326649124799006250189370199118586744450',1700000160.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(3,1,'2.25.326649124799006250189370199118586744450',1700000190.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(4,1,'2.25.326649124799006250189370199118586744450',1700000220.0,'service','refused','running','refused','2 phases were found; 3 are needed.');
INSERT INTO "events" VALUES(5,2,'2.25.326649124799006250189370199118586744450',1700000250.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(6,2,'2.25.326649124799006250189370199118586744450',1700000380.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(7,2,'2.25.326649124799006250189370199118586744450',1700000410.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(8,2,'2.25.326649124799006250189370199118586744450',1700000450.0,'service','succeeded','running','scored','');
INSERT INTO "events" VALUES(9,1,'2.25.326649124799006250189370199118586744450',1700000470.0,'service','superseded','refused','superseded','a newer input has been scored');
INSERT INTO "events" VALUES(10,3,'1.2.3.1',1700000500.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(11,3,'1.2.3.1',1700000630.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(12,3,'1.2.3.1',1700000660.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(13,3,'1.2.3.1',1700000690.0,'service','refused','running','refused','2 phases were found; at least 3 are needed.');
INSERT INTO "events" VALUES(14,4,'1.2.3.2',1700000720.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(15,4,'1.2.3.2',1700000850.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(16,4,'1.2.3.2',1700000880.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(17,4,'1.2.3.2',1700000910.0,'service','gave up','running','failed','It took longer than 600 s.');
INSERT INTO "events" VALUES(18,5,'1.2.3.3',1700000940.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(19,5,'1.2.3.3',1700001070.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(20,5,'1.2.3.3',1700001100.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(21,5,'1.2.3.3',1700001140.0,'service','faulted','running','waiting','It took longer than 600 s.');
INSERT INTO "events" VALUES(22,6,'1.2.3.4',1700001170.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(23,6,'1.2.3.4',1700001300.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(24,6,'1.2.3.4',1700001330.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(25,7,'1.2.3.5',1700001360.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(26,7,'1.2.3.5',1700001490.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(27,8,'1.2.3.6',1700001520.0,'service','instances arrived',NULL,'receiving','');
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE work (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	study_uid VARCHAR(64) NOT NULL, 
	input_hash VARCHAR(64) NOT NULL, 
	turn INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	orthanc_id VARCHAR(64) NOT NULL, 
	instances INTEGER NOT NULL, 
	arrivals INTEGER NOT NULL, 
	last_arrival_at FLOAT NOT NULL, 
	examined_arrivals INTEGER NOT NULL, 
	examine_after FLOAT NOT NULL, 
	stable BOOLEAN NOT NULL, 
	asked_by VARCHAR(128) NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_attempt_at FLOAT NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	reason TEXT NOT NULL, 
	stage VARCHAR(128) NOT NULL, 
	progress FLOAT NOT NULL, 
	created_at FLOAT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	started_at FLOAT, 
	finished_at FLOAT, 
	result TEXT, 
	CONSTRAINT one_row_per_input UNIQUE (study_uid, input_hash)
);
INSERT INTO "work" VALUES(1,'2.25.326649124799006250189370199118586744450','an older input',2,'superseded','orthanc-86744450',112,1,1700000020.0,-1,0.0,0,'',1,0.0,'too-few-phases','2 phases were found; 3 are needed.','',0.0,1700000020.0,1700000460.0,1700000170.0,1700000200.0,NULL);
INSERT INTO "work" VALUES(2,'2.25.326649124799006250189370199118586744450','b3b05b6b0e6965a0ecc346e636794b21',4,'scored','orthanc-86744450',112,1,1700000240.0,-1,0.0,0,'',1,0.0,'','','segmenting',1.0,1700000240.0,1700000440.0,1700000390.0,1700000430.0,'{"research_use_only": true, "study_uid": "2.25.326649124799006250189370199118586744450", "input_hash": "b3b05b6b0e6965a0ecc346e636794b21", "settings_hash": "a3ff8f5a6959fc73", "pipeline_version": "0.1.0", "dynamic_series": [{"study_uid": "2.25.326649124799006250189370199118586744450", "series_uids": ["2.25.320085218160901934475232354769018299451"], "input_hash": "b3b05b6b0e6965a0ecc346e636794b21", "settings_hash": "a3ff8f5a6959fc73", "pipeline_version": "0.1.0", "segmenter": "TILscope classical segmentation 1", "laterality": "B", "time_zero": "start of the first post-contrast acquisition", "phases": [{"number": 1, "role": "pre", "time_s": -120.0}, {"number": 2, "role": "early", "time_s": 90.0}, {"number": 3, "role": "", "time_s": 270.0}, {"number": 4, "role": "late", "time_s": 450.0}], "lesions": [{"number": 1, "laterality": "L", "confidence": 0.753, "measurements": [{"id": "volume", "name": "Volume", "value": 7.6048, "unit": "cm3", "missing": null, "reason": ""}, {"id": "longest_diameter", "name": "Longest diameter", "value": 32.1353, "unit": "mm", "missing": null, "reason": ""}, {"id": "sphericity", "name": "Sphericity", "value": 0.880198, "unit": "1", "missing": null, "reason": ""}, {"id": "surface_volume_ratio", "name": "Surface to volume ratio", "value": 0.283084, "unit": "/mm", "missing": null, "reason": ""}, {"id": "ftv", "name": "Functional tumour volume", "value": 6.86, "unit": "cm3", "missing": null, "reason": ""}, {"id": "ftv_ser", "name": "Functional tumour volume, SER > 0.9", "value": 6.7424, "unit": "cm3", "missing": null, "reason": ""}, {"id": "pe_mean", "name": "Percent enhancement, mean", "value": 136.483, "unit": "%", "missing": null, "reason": ""}, {"id": "pe_peak", "name": "Percent enhancement, peak", "value": 158.716, "unit": "%", "missing": null, "reason": ""}, {"id": "ser_mean", "name": "Signal enhancement ratio, mean", "value": 1.19132, "unit": "{ratio}", "missing": null, "reason": ""}], "curve_type": "plateau"}], "breast": [{"id": "breast_volume", "name": "Breast volume", "value": 1418.14, "unit": "cm3", "missing": null, "reason": ""}, {"id": "fgt_volume", "name": "Fibroglandular tissue volume", "value": 318.774, "unit": "cm3", "missing": null, "reason": ""}, {"id": "fgt_percent", "name": "Fibroglandular tissue", "value": 22.4784, "unit": "%", "missing": null, "reason": ""}, {"id": "bpe_mean", "name": "Background parenchymal enhancement, mean", "value": 8.33885, "unit": "%", "missing": null, "reason": ""}, {"id": "bpe_median", "name": "Background parenchymal enhancement, median", "value": 7.79739, "unit": "%", "missing": null, "reason": ""}], "signatures": [{"id": "wu2018", "title": "Estimated stromal TILs (Wu 2018)", "citation": "Wu J, et al. Breast Cancer Res 2018;20:101", "version": "1", "state": "uncalibrated", "reason": "The published coefficients apply to z-scores, and no reference cohort is installed: the features are given, a percentage and a class are not.", "score": {"id": "til_percent", "name": "Estimated stromal TIL percentage (imaging)", "value": null, "unit": "%", "missing": "not attempted", "reason": "no reference is installed"}, "category": null, "features": [{"id": "M1", "name": "Tumour volume", "value": 7.32283, "unit": "cm3", "missing": null, "reason": ""}, {"id": "M2", "name": "Tumour sphericity", "value": 0.852349, "unit": "1", "missing": null, "reason": ""}, {"id": "M3", "name": "Tumour surface to volume ratio", "value": 0.292173, "unit": "/mm", "missing": null, "reason": ""}, {"id": "M4", "name": "Mean gradient of the tumour margin, early phase", "value": 0.474601, "unit": "/mm", "missing": null, "reason": ""}, {"id": "M5", "name": "SD of the gradient of the tumour margin, early phase", "value": 0.0925803, "unit": "/mm", "missing": null, "reason": ""}, {"id": "TEX1", "name": "GLCM correlation of tumour SER", "value": 0.875722, "unit": "1", "missing": null, "reason": ""}, {"id": "TEX2", "name": "GLCM cluster shade of tumour SER", "value": -54.1159, "unit": "1", "missing": null, "reason": ""}, {"id": "TEX3", "name": "GLCM joint energy of tumour SER", "value": 0.237564, "unit": "1", "missing": null, "reason": ""}, {"id": "TEX4", "name": "GLCM joint entropy of tumour SER", "value": 3.10376, "unit": "1", "missing": null, "reason": ""}, {"id": "FTV1", "name": "Tumour volume with SER > 1.0", "value": 6.799, "unit": "cm3", "missing": null, "reason": ""}, {"id": "FTV2", "name": "Tumour volume with SER > 1.5", "value": 0.0, "unit": "cm3", "missing": null, "reason": ""}, {"id": "BPE1", "name": "Parenchyma volume with PE > 20 %", "value": 3.498, "unit": "cm3", "missing": null, "reason": ""}, {"id": "BPE2", "name": "Parenchyma volume with PE > 60 %", "value": 0.768, "unit": "cm3", "missing": null, "reason": ""}, {"id": "BPE3", "name": "Fraction of the parenchyma with PE > 20 %", "value": 0.0226904, "unit": "1", "missing": null, "reason": ""}, {"id": "BPE4", "name": "Fraction of the parenchyma with PE > 60 %", "value": 0.00498177, "unit": "1", "missing": null, "reason": ""}, {"id": "TS-BPE1", "name": "Mean PE of the parenchyma within 20 mm of the tumour", "value": 0.10608, "unit": "1", "missing": null, "reason": ""}, {"id": "TS-BPE2", "name": "Mean SER of the parenchyma within 20 mm of the tumour", "value": 0.658983, "unit": "1", "missing": null, "reason": ""}], "parameters": "N4 bias field of the pre-contrast image; intensities over the mean of the interquartile voxels of the pre-contrast parenchyma; 1 mm isotropic, linear; SER clipped to [0, 3], undefined where PE < 0.1; GLCM with 32 bins on [0, 3], 26 directions, distance 1; margin shell of 2 voxels astride the border; volumes by voxel count, M1-M3 by mesh. Settings 0adaa7953c388a35.", "further_scores": [], "percentile": null, "contributions": []}], "quality": [{"code": "signal-to-noise", "sentence": "Signal to noise in the gland before contrast is 31.", "verdict": "pass", "value": 30.57, "limit": 10.0}, {"code": "early-phase-time", "sentence": "The early phase lies 60 s from the usual 150 s after injection.", "verdict": "pass", "value": 60.0, "limit": 60.0}, {"code": "late-phase-time", "sentence": "The late phase lies 0 s from the usual 450 s after injection.", "verdict": "pass", "value": 0.0, "limit": 120.0}, {"code": "enhancement", "sentence": "The early phase is 1.29 times as bright as the first in the body.", "verdict": "pass", "value": 1.286, "limit": 2.5}, {"code": "fgt-share", "sentence": "Glandular tissue makes up 22 % of the breast.", "verdict": "pass", "value": 22.48, "limit": 80.0}, {"code": "lesion-confidence", "sentence": "The segmenter''s confidence in lesion 1 is 0.75.", "verdict": "pass", "value": 0.753, "limit": 0.4}, {"code": "lesion-size", "sentence": "Lesion 1 measures 32 mm.", "verdict": "pass", "value": 32.14, "limit": 100.0}], "segmentation": {"source": "automatic", "by": "", "tool": "", "sop_class_uid": "", "sop_instance_uid": "", "steering": ""}}], "refused_series": [], "timings_s": {"finding the dynamic series": 0.201, "fetching images": 0.0, "reading images": 0.436, "preparing": 2.322, "segmenting": 0.277, "measuring kinetics": 0.159, "computing signatures": 1.291, "writing results": 2.96}, "objects": [{"kind": "SEG", "laterality": "B", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.66.4", "series_uid": "2.25.176473383514754930365958599031809984666", "sop_instance_uid": "2.25.110603713525530997608010989352504835969"}, {"kind": "SEG", "laterality": "B", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.66.4", "series_uid": "2.25.27392487031520887472656458729040810876", "sop_instance_uid": "2.25.239797166229564510690768315289396738421"}, {"kind": "SR", "laterality": "B", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.34", "series_uid": "2.25.170168340637095761831768849208773518", "sop_instance_uid": "2.25.239102935324869325910812779982554709141"}, {"kind": "DOC", "laterality": "B", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.104.1", "series_uid": "2.25.78020032632458654832328857597487254109", "sop_instance_uid": "2.25.266336701804865082548526246376996978313"}]}');
INSERT INTO "work" VALUES(3,'1.2.3.1','i1',6,'refused','orthanc-1.2.3.1',112,1,1700000490.0,-1,0.0,0,'',1,0.0,'too-few-phases','2 phases were found; at least 3 are needed.','',0.0,1700000490.0,1700000680.0,1700000640.0,1700000670.0,NULL);
INSERT INTO "work" VALUES(4,'1.2.3.2','i2',8,'failed','orthanc-1.2.3.2',112,1,1700000710.0,-1,0.0,0,'',1,0.0,'timed-out','It took longer than 600 s.','',0.0,1700000710.0,1700000900.0,1700000860.0,1700000890.0,NULL);
INSERT INTO "work" VALUES(5,'1.2.3.3','i3',10,'waiting','orthanc-1.2.3.3',112,1,1700000930.0,-1,0.0,0,'',1,2700001110.0,'timed-out','It took longer than 600 s.','',0.0,1700000930.0,1700001130.0,1700001080.0,1700001120.0,NULL);
INSERT INTO "work" VALUES(6,'1.2.3.4','i4',12,'running','orthanc-1.2.3.4',112,1,1700001160.0,-1,0.0,0,'',1,0.0,'','','',0.0,1700001160.0,1700001320.0,1700001310.0,NULL,NULL);
INSERT INTO "work" VALUES(7,'1.2.3.5','i5',14,'ready','orthanc-1.2.3.5',112,1,1700001350.0,-1,0.0,0,'',0,0.0,'','','',0.0,1700001350.0,1700001480.0,NULL,NULL,NULL);
INSERT INTO "work" VALUES(8,'1.2.3.6','',15,'receiving','orthanc-1.2.3.6',28,1,1700001510.0,1,0.0,0,'',0,0.0,'too-few-phases','1 phase was found; at least 3 are needed.','',0.0,1700001510.0,1700001510.0,NULL,NULL,NULL);
CREATE INDEX work_by_study ON work (study_uid, turn);
CREATE INDEX work_by_state ON work (state, turn);
CREATE INDEX events_by_study ON events (study_uid, id);
CREATE INDEX events_by_work ON events (work_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('work',8);
INSERT INTO "sqlite_sequence" VALUES('events',27);
COMMIT;

"""Real servers on this machine: HDFS and YARN in one JVM, an object store that speaks S3."""

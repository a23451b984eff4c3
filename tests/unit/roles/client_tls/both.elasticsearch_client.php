<?php
// Ansible managed
// How shop connects to Elasticsearch, with elasticsearch/elasticsearch and Guzzle:
// $client = require 'elasticsearch_client.php';
declare(strict_types=1);

use Elastic\Elasticsearch\ClientBuilder;

// Broken connections are retried with the next node; the client retries no status. PHP keeps no pool between requests.
return ClientBuilder::create()
    ->setHosts(["https://es1.example.com:9200", "https://es2.example.com:9200"])
    ->setSSLVerification(true)
    ->setCABundle("/etc/shop/elasticsearch/ca.crt")
    ->setSSLCert("/etc/shop/elasticsearch/client.crt")
    ->setSSLKey("/etc/shop/elasticsearch/client.key")
    ->setApiKey(trim(file_get_contents("/etc/shop/elasticsearch/api_key")))
    ->setRetries(5)
    ->setHttpClientOptions([
        'connect_timeout' => 5,
        'timeout' => 30,
    ])
    ->build();

"""Containers, clusters, infrastructure: every access is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Reached = Callable[[str], list[str]]

ACCESSES = [
    "docker run --env-file .env x",
    "docker run -v $PWD/.env:/x alpine cat /x",
    "docker cp .env c:/x",
    "kubectl create secret generic x --from-file=.env",
    "kubectl create secret generic x --from-env-file=.env",
    "docker compose --env-file .env up",
    "docker compose config",
    "docker run -v /home/dev/app/.env:/e alpine cat /e",
    "docker run --mount type=bind,src=/home/dev/app/.env,dst=/e alpine cat /e",
    "docker build --secret id=x,src=.env .",
    "docker-compose --env-file=.env config",
    "podman run --env-file=.env x env",
    "kubectl create configmap x --from-file=.env",
    "kubectl create configmap x --from-file=k=.env",
    "helm install x . -f .env",
    "ansible localhost -m shell -a 'cat .env'",
    "terraform apply -var-file=.env",
    "docker compose --env-file .env run x env",
]
HARMLESS = [
    "docker build -t x .",
    "docker run --rm -it -v $PWD:/app x npm test",
    "docker compose up -d",
    "docker ps",
    "kubectl get pods",
    "terraform plan",
    "docker build -t app . --build-arg X=1",
    "docker run -d -p 80:80 --name web nginx",
    "docker exec -it web sh",
    "docker exec web ls /app",
    "docker logs -f web",
    "docker compose up --build",
    "docker compose logs web",
    'docker run --rm -v "$PWD":/app -w /app node:20 npm ci',
    "docker images",
    "docker system prune -f",
    "docker cp web:/app/log.txt .",
    "kubectl apply -f k8s/",
    "kubectl logs pod/x",
    "kubectl exec -it x -- ls",
    "helm upgrade x ./chart -f values.yaml",
    "terraform init",
    "terraform apply -auto-approve",
    "ansible-playbook -i hosts site.yml",
]


@pytest.mark.parametrize("command", ACCESSES)
def test_an_access_to_a_protected_file_is_found(command: str, reached: Reached) -> None:
    assert [found for found in reached(command) if found != "?"]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_reaches_nothing_protected(
    command: str, reached: Reached
) -> None:
    assert reached(command) == []

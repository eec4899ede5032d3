"""Well-known dependencies and what a project that has them is."""

from __future__ import annotations

#: Dependency to (framework, its side). The first that a project has names its
#: framework, so what builds on something else stands before it.
FRAMEWORKS: dict[str, tuple[str, str]] = {
    # JavaScript and TypeScript
    "expo": ("expo", "mobile"),
    "react-native": ("react-native", "mobile"),
    "@ionic/core": ("ionic", "mobile"),
    "@capacitor/core": ("capacitor", "mobile"),
    "next": ("next.js", "fullstack"),
    "nuxt": ("nuxt", "fullstack"),
    "@remix-run/react": ("remix", "fullstack"),
    "@sveltejs/kit": ("sveltekit", "fullstack"),
    "@redwoodjs/core": ("redwood", "fullstack"),
    "gatsby": ("gatsby", "frontend"),
    "astro": ("astro", "frontend"),
    "@angular/core": ("angular", "frontend"),
    "vue": ("vue", "frontend"),
    "svelte": ("svelte", "frontend"),
    "solid-js": ("solid", "frontend"),
    "preact": ("preact", "frontend"),
    "react": ("react", "frontend"),
    "@nestjs/core": ("nestjs", "backend"),
    "express": ("express", "backend"),
    "fastify": ("fastify", "backend"),
    "koa": ("koa", "backend"),
    "hono": ("hono", "backend"),
    "@hapi/hapi": ("hapi", "backend"),
    # Python
    "django": ("django", "backend"),
    "fastapi": ("fastapi", "backend"),
    "litestar": ("litestar", "backend"),
    "flask": ("flask", "backend"),
    "sanic": ("sanic", "backend"),
    "tornado": ("tornado", "backend"),
    "starlette": ("starlette", "backend"),
    "aiohttp": ("aiohttp", "backend"),
    "streamlit": ("streamlit", "data"),
    # Rust
    "tauri": ("tauri", "frontend"),
    "leptos": ("leptos", "frontend"),
    "yew": ("yew", "frontend"),
    "dioxus": ("dioxus", "frontend"),
    "axum": ("axum", "backend"),
    "actix-web": ("actix-web", "backend"),
    "rocket": ("rocket", "backend"),
    "warp": ("warp", "backend"),
    # Go
    "github.com/gin-gonic/gin": ("gin", "backend"),
    "github.com/labstack/echo": ("echo", "backend"),
    "github.com/gofiber/fiber": ("fiber", "backend"),
    "github.com/go-chi/chi": ("chi", "backend"),
    # Java and Kotlin
    "com.android.application": ("android", "mobile"),
    "com.android.library": ("android", "mobile"),
    "org.springframework.boot": ("spring-boot", "backend"),
    "spring-boot-starter-parent": ("spring-boot", "backend"),
    "spring-boot-starter": ("spring-boot", "backend"),
    "spring-boot-starter-web": ("spring-boot", "backend"),
    "spring-boot-starter-webflux": ("spring-boot", "backend"),
    "io.quarkus": ("quarkus", "backend"),
    "quarkus-bom": ("quarkus", "backend"),
    "io.micronaut.application": ("micronaut", "backend"),
    "micronaut-http-server-netty": ("micronaut", "backend"),
    "ktor-server-core": ("ktor", "backend"),
    # Ruby
    "rails": ("rails", "backend"),
    "hanami": ("hanami", "backend"),
    "sinatra": ("sinatra", "backend"),
    # PHP
    "laravel/framework": ("laravel", "backend"),
    "symfony/framework-bundle": ("symfony", "backend"),
    "slim/slim": ("slim", "backend"),
}

INFRASTRUCTURE = frozenset(
    {
        "@pulumi/pulumi",
        "ansible",
        "ansible-core",
        "aws-cdk",
        "aws-cdk-lib",
        "cdktf",
        "github.com/pulumi/pulumi/sdk",
        "pulumi",
    }
)

DATA = frozenset(
    {
        "apache-airflow",
        "dagster",
        "dbt-core",
        "duckdb",
        "jax",
        "jupyter",
        "jupyterlab",
        "pandas",
        "polars",
        "prefect",
        "pyspark",
        "scikit-learn",
        "scipy",
        "spark-core_2.13",
        "tensorflow",
        "torch",
        "transformers",
    }
)

COMMAND_LINE = frozenset(
    {
        "@oclif/core",
        "clap",
        "click",
        "cobra",
        "commander",
        "github.com/alecthomas/kong",
        "github.com/spf13/cobra",
        "github.com/urfave/cli",
        "picocli",
        "structopt",
        "symfony/console",
        "thor",
        "typer",
        "yargs",
    }
)

"""Records what transformers and diffusers compute for small CLIP, DPT and prior networks.

Made with torch 2.13.0 (CPU), transformers 5.23.0, diffusers 0.42.1, safetensors 0.6 or later. Run
in this folder:

    python make_encoders.py

The files are as make_unet_vae.py describes: parameters are made from their keys. The prior's whole
sampling loop goes to the folder of the pipelines' tests.
"""

import json
import os

import diffusers
import torch
import transformers
from diffusers import PriorTransformer, UnCLIPScheduler
from diffusers.schedulers import scheduling_unclip
from make_unet_vae import keyed_values, random
from safetensors.torch import save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    DPTConfig,
    DPTForDepthEstimation,
)

assert transformers.__version__ == "5.23.0", transformers.__version__
assert diffusers.__version__ == "0.42.1", diffusers.__version__


def fill(model, prefix=""):
    """As make_unet_vae's, with the keys as an older library would store them: behind a prefix."""
    with torch.no_grad():
        for key, value in model.state_dict().items():
            value.copy_(keyed_values(prefix + key, tuple(value.shape)))
    return model.eval()


def save(name, model, config, tensors, prefix="", extra=None):
    shapes = {prefix + key: list(value.shape) for key, value in model.state_dict().items()}
    shapes |= extra or {}
    metadata = {"config": json.dumps(config), "shapes": json.dumps(shapes)}
    tensors = {key: value.contiguous().clone() for key, value in tensors.items()}
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    save_file(tensors, f"{name}.safetensors", metadata)
    print(name, {key: f"{value.float().std():.3f}" for key, value in tensors.items() if "out" in key})


def config_of(model):
    """The config as the library writes it, with the architecture."""
    return json.loads(model.config.to_json_string(use_diff=False)) | {"architectures": [type(model).__name__]}


def text_case(name, model_class, config, ids, prefix):
    model = fill(model_class(CLIPTextConfig(**config)), prefix)
    ids = torch.tensor(ids)
    with torch.no_grad():
        out = model(ids)
    tensors = {"in.input_ids": ids.to(torch.float32), "out.last_hidden_state": out.last_hidden_state}
    if model_class is CLIPTextModel:
        tensors["out.pooled"] = out.pooler_output
    else:
        tensors["out.text_embeds"] = out.text_embeds
    # Older files hold a buffer that nobody reads.
    extra = {f"{prefix}embeddings.position_ids": [1, config["max_position_embeddings"]]} if prefix else {}
    save(name, model, config_of(model), tensors, prefix, extra)


def text_cases():
    sizes = dict(
        vocab_size=61,
        hidden_size=48,
        intermediate_size=72,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=19,
        projection_dim=40,
    )
    # The largest id is the end token (the rule of old configs); a row without it, and a short one.
    rows = [
        [5, 8, 60, 60, 60, 60, 60, 60, 60, 60, 60],
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        [7, 7, 7, 60, 0, 0, 0, 0, 0, 0, 0],
    ]
    text_case(
        "clip_text_legacy",
        CLIPTextModel,
        sizes | dict(hidden_act="quick_gelu", eos_token_id=2),
        rows,
        prefix="text_model.",
    )
    # The end token is not the largest id; all positions are used.
    rows = [[1, 60, 3, 59, 59, 2] + [59] * 13, [59] * 19, [4] * 19]
    text_case(
        "clip_text_plain",
        CLIPTextModel,
        sizes | dict(hidden_act="gelu", eos_token_id=59, hidden_size=40, num_attention_heads=5),
        rows,
        prefix="",
    )
    text_case(
        "clip_text_projection",
        CLIPTextModelWithProjection,
        sizes | dict(hidden_act="gelu", eos_token_id=59),
        rows,
        prefix="",
    )


def vision_case(name, **config):
    model = fill(CLIPVisionModelWithProjection(CLIPVisionConfig(**config)))
    size = config["image_size"]
    pixels = random(2, 3, size, size, seed=41)
    with torch.no_grad():
        out = model(pixels)
    tensors = {
        "in.pixel_values": pixels,
        "out.image_embeds": out.image_embeds,
        "out.last_hidden_state": out.last_hidden_state,
    }
    save(name, model, config_of(model), tensors)


def vision_cases():
    vision_case(
        "clip_vision",
        image_size=24,
        patch_size=6,
        hidden_size=48,
        intermediate_size=80,
        num_hidden_layers=3,
        num_attention_heads=4,
        projection_dim=24,
        hidden_act="gelu",
    )
    # Patches that leave a rest at the far edges.
    vision_case(
        "clip_vision_rest",
        image_size=31,
        patch_size=7,
        hidden_size=36,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=6,
        projection_dim=20,
        hidden_act="quick_gelu",
        layer_norm_eps=1e-3,
    )


def whole_case():
    towers = dict(intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, projection_dim=99)
    config = CLIPConfig(
        text_config=towers
        | dict(hidden_size=24, vocab_size=33, max_position_embeddings=9, eos_token_id=2),
        vision_config=towers | dict(hidden_size=32, image_size=16, patch_size=8),
        projection_dim=20,
    )
    model = fill(CLIPModel(config))
    ids, pixels = torch.tensor([[3, 4, 32, 32, 32]]), random(1, 3, 16, 16, seed=42)
    with torch.no_grad():
        tensors = {
            "in.input_ids": ids.to(torch.float32),
            "in.pixel_values": pixels,
            "out.text_embeds": model.get_text_features(ids).pooler_output,
            "out.image_embeds": model.get_image_features(pixels).pooler_output,
        }
    save("clip_whole", model, config_of(model), tensors)


def depth_case(name, sizes, **config):
    model = fill(DPTForDepthEstimation(DPTConfig(**config)))
    tensors = {}
    for index, (batch, height, width) in enumerate(sizes):
        pixels = random(batch, 3, height, width, seed=51 + index)
        patch = config["patch_size"]
        with torch.no_grad():
            # Step by step, because the network takes every grid for a square.
            hidden = model.dpt(pixels, output_hidden_states=True).hidden_states[1:]
            taps = [hidden[tap] for tap in config["backbone_out_indices"]]
            maps = model.neck(taps, height // patch, width // patch)
            depth = model.head(maps)
            if height == width == config["image_size"]:
                assert torch.equal(depth, model(pixels).predicted_depth)
        print("  above zero:", (depth > 0).float().mean().item())
        tensors |= {f"in.pixel_values.{index}": pixels, f"out.predicted_depth.{index}": depth}
    save(name, model, config_of(model), tensors)


def depth_cases():
    depth_case(
        "dpt",
        [(2, 32, 32), (1, 48, 32), (1, 24, 40)],
        image_size=32,
        patch_size=8,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=6,
        num_attention_heads=4,
        backbone_out_indices=[0, 2, 3, 4],
        neck_hidden_sizes=[12, 20, 24, 28],
        fusion_hidden_size=16,
    )
    small = dict(
        image_size=24,
        patch_size=4,
        hidden_size=24,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=3,
        backbone_out_indices=[0, 1, 2],
        neck_hidden_sizes=[8, 12, 16],
        fusion_hidden_size=12,
        reassemble_factors=[2, 1, 0.5],
        qkv_bias=False,
        use_bias_in_fusion_residual=False,
        hidden_act="quick_gelu",
    )
    depth_case("dpt_add", [(1, 24, 24)], readout_type="add", **small)
    depth_case("dpt_ignore", [(1, 24, 24)], readout_type="ignore", **small)


def prior_model(**config):
    model = PriorTransformer(**config)
    fill(model)
    return model, json.loads(model.to_json_string())


def prior_case(name, batch, masks, timesteps, **config):
    model, saved = prior_model(**config)
    width = config["embedding_dim"]
    tokens = config["num_embeddings"]
    tensors = {
        "in.noisy_embedding": random(batch, width, seed=61),
        "in.timestep": torch.tensor(timesteps, dtype=torch.float32),
        "in.text_embedding": random(batch, config.get("embedding_proj_dim", width), seed=62),
        "in.text_states": random(batch, tokens, width, seed=63),
        "in.text_mask": torch.tensor(masks, dtype=torch.float32),
    }
    with torch.no_grad():
        tensors["out.predicted_embedding"] = model(
            tensors["in.noisy_embedding"],
            torch.tensor(timesteps),
            tensors["in.text_embedding"],
            tensors["in.text_states"],
            tensors["in.text_mask"].bool(),
        ).predicted_image_embedding
    save(name, model, saved, tensors)


def prior_cases():
    prior_case(
        "prior",
        3,
        [[1] * 7, [1, 1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0]],
        [999, 0, 415],
        num_attention_heads=4,
        attention_head_dim=16,
        num_layers=3,
        embedding_dim=24,
        num_embeddings=7,
    )
    prior_case(
        "prior_widths",
        2,
        [[1] * 5, [0, 1, 1, 1, 0]],
        [20, 700],
        num_attention_heads=3,
        attention_head_dim=8,
        num_layers=2,
        embedding_dim=20,
        num_embeddings=5,
        embedding_proj_dim=12,
        clip_embed_dim=20,
        time_embed_dim=36,
    )


def prior_loop(name, steps, guidance, clip_range, seed):
    """The loop of the Kandinsky prior pipeline, with the scheduler's noise recorded."""
    model, saved = prior_model(
        num_attention_heads=4, attention_head_dim=16, num_layers=2, embedding_dim=24, num_embeddings=7
    )
    scheduler = UnCLIPScheduler(
        variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=clip_range
    )
    scheduler.set_timesteps(steps)
    noise = random(steps - 1, 1, 24, seed=seed)
    draws = iter(noise)
    scheduling_unclip.randn_tensor = lambda *_, **__: next(draws)
    # The empty prompt first, as the pipeline stacks them.
    text, states = random(2, 24, seed=seed + 1), random(2, 7, 24, seed=seed + 2)
    mask = torch.tensor([[1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 0, 0]])
    start = random(1, 24, seed=seed + 3)
    latents = start
    with torch.no_grad():
        for index, t in enumerate(scheduler.timesteps):
            inputs = torch.cat([latents] * 2)
            empty, prompt = model(inputs, t, text, states, mask.bool()).predicted_image_embedding.chunk(2)
            predicted = empty + guidance * (prompt - empty)
            following = scheduler.timesteps[index + 1] if index + 1 < steps else None
            latents = scheduler.step(predicted, t, latents, prev_timestep=following).prev_sample
        result = model.post_process_latents(latents)
    tensors = {
        "in.start": start,
        "in.noise": noise,
        "in.text_embedding": text,
        "in.text_states": states,
        "in.text_mask": mask.to(torch.float32),
        "in.guidance": torch.tensor([guidance]),
        "in.clip_range": torch.tensor([clip_range]),
        "out.embedding": result,
    }
    save(f"../../PipelinesTests/Goldens/{name}", model, saved, tensors)


def main():
    text_cases()
    vision_cases()
    whole_case()
    depth_cases()
    prior_cases()
    prior_loop("prior_loop", steps=25, guidance=4.0, clip_range=5.0, seed=71)
    prior_loop("prior_loop_clipped", steps=7, guidance=2.5, clip_range=0.8, seed=81)


main()

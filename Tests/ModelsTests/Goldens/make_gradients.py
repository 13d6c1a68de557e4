"""Records the gradients that PyTorch's automatic differentiation gives for small networks.

Made with torch 2.13.0 (CPU), diffusers 0.42.1, transformers 5.23.0, safetensors 0.6 or later. Run in
this folder:

    python make_gradients.py

The files are as make_unet_vae.py describes, parameters made from their keys. A fixture holds the
inputs `in.*`, for each output the gradient `seed.*` of a loss by it, and the loss's gradients by
the inputs, `gradient.in.*`, and by all parameters, `gradient.KEY`. A parameter that the loss does
not depend on has none. Gradients are computed in float64 and stored in float32.
"""

import json

import diffusers
import torch
import transformers
from diffusers import AutoencoderKL, PriorTransformer, UNet2DConditionModel
from make_unet_vae import cross, fill, gen1_model, gen1_stack, random, save
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    DPTConfig,
    DPTForDepthEstimation,
)

assert torch.__version__.startswith("2.13.0"), torch.__version__
assert transformers.__version__ == "5.23.0", transformers.__version__
assert diffusers.__version__ == "0.42.1", diffusers.__version__


def record(name, model, config, followed, constants, outputs, seed):
    """`followed` inputs get gradients, `constants` do not; `outputs` makes the results of both."""
    model = fill(model).double()
    inputs = {key: value.double().requires_grad_() for key, value in followed.items()}
    results = outputs(model, inputs)
    seeds = {
        key: random(*value.shape, seed=seed + index)
        for index, (key, value) in enumerate(results.items())
    }
    sum((value * seeds[key].double()).sum() for key, value in results.items()).backward()
    tensors = {f"in.{key}": value for key, value in (followed | constants).items()}
    tensors |= {f"seed.{key}": value for key, value in seeds.items()}
    tensors |= {f"gradient.in.{key}": value.grad.float() for key, value in inputs.items()}
    absent = []
    for key, value in model.named_parameters():
        if value.grad is None:
            absent.append(key)
        else:
            tensors[f"gradient.{key}"] = value.grad.float()
    print("  no gradient:", absent)
    save(f"Gradients/{name}", model, config, tensors)


def transformers_config(model):
    text = model.config.to_json_string(use_diff=False)
    return json.loads(text) | {"architectures": [type(model).__name__]}


def unet_case(name, config, timesteps, seed):
    model = UNet2DConditionModel(**config)
    steps = torch.tensor(timesteps)
    record(
        name,
        model,
        json.loads(model.to_json_string()),
        {
            "sample": random(2, 4, 6, 5, seed=seed),
            "encoder_hidden_states": random(2, 3, config["cross_attention_dim"], seed=seed + 1),
        },
        {"timestep": steps},
        lambda model, x: {
            "sample": model(x["sample"], steps, x["encoder_hidden_states"]).sample
        },
        seed + 2,
    )


def gen1_case(name, config, size, timesteps, levels, seed):
    clips, frames, height, width = size
    model, _ = gen1_model(config, frames)
    steps = torch.tensor(timesteps).repeat_interleave(frames)

    def outputs(model, x):
        context = x["content"][:, None].repeat_interleave(frames, dim=0)
        inputs = gen1_stack(x["sample"], x["structure"], levels)
        v = model(inputs, steps, context).sample
        return {"v": v.unflatten(0, (clips, frames)).transpose(1, 2)}

    record(
        name,
        model,
        config,
        {
            "sample": random(clips, 4, frames, height, width, seed=seed),
            "structure": random(clips, 4, frames, height, width, seed=seed + 1),
            "content": random(clips, config["cross_attention_dim"], seed=seed + 2),
        },
        {"timestep": torch.tensor(timesteps), "structure_level": torch.tensor(levels)},
        outputs,
        seed + 3,
    )


def vae_case():
    model = AutoencoderKL(
        block_out_channels=(8, 12),
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        layers_per_block=1,
        norm_num_groups=4,
    )

    def outputs(model, x):
        posterior = model.encode(x["image"]).latent_dist
        image = model.decode(x["latent"]).sample
        return {"mean": posterior.mean, "logvar": posterior.logvar, "image": image}

    record(
        "vae",
        model,
        json.loads(model.to_json_string()),
        {"image": random(2, 3, 9, 12, seed=700), "latent": random(2, 4, 5, 3, seed=701)},
        {},
        outputs,
        702,
    )


def text_case():
    config = CLIPTextConfig(
        vocab_size=31,
        hidden_size=32,
        intermediate_size=44,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=11,
        projection_dim=20,
        eos_token_id=29,
    )
    model = CLIPTextModelWithProjection(config)
    ids = torch.tensor([[5, 8, 29, 29, 29, 29, 29], [1, 2, 3, 4, 5, 6, 29], [7, 7, 7, 29, 0, 0, 0]])

    def outputs(model, _):
        out = model(ids)
        return {"text_embeds": out.text_embeds, "last_hidden_state": out.last_hidden_state}

    constants = {"input_ids": ids.to(torch.float32)}
    record("clip_text", model, transformers_config(model), {}, constants, outputs, 710)


def vision_case():
    config = CLIPVisionConfig(
        image_size=20,
        patch_size=5,
        hidden_size=32,
        intermediate_size=40,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=24,
        hidden_act="gelu",
    )
    model = CLIPVisionModelWithProjection(config)

    def outputs(model, x):
        return {"image_embeds": model(x["pixel_values"]).image_embeds}

    inputs = {"pixel_values": random(2, 3, 20, 20, seed=720)}
    record("clip_vision", model, transformers_config(model), inputs, {}, outputs, 721)


def depth_case():
    config = DPTConfig(
        image_size=32,
        patch_size=8,
        hidden_size=24,
        intermediate_size=28,
        num_hidden_layers=5,
        num_attention_heads=3,
        backbone_out_indices=[0, 1, 3, 4],
        neck_hidden_sizes=[8, 10, 12, 14],
        fusion_hidden_size=8,
    )
    model = DPTForDepthEstimation(config)

    def outputs(model, x):
        return {"predicted_depth": model(x["pixel_values"]).predicted_depth}

    inputs = {"pixel_values": random(2, 3, 32, 32, seed=730)}
    record("dpt", model, transformers_config(model), inputs, {}, outputs, 731)


def prior_case():
    model = PriorTransformer(
        num_attention_heads=4,
        attention_head_dim=8,
        num_layers=2,
        embedding_dim=20,
        num_embeddings=5,
        embedding_proj_dim=12,
        clip_embed_dim=20,
        time_embed_dim=36,
    )
    masks = torch.tensor([[1] * 5, [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
    steps = torch.tensor([999, 0, 415])

    def outputs(model, x):
        out = model(
            x["noisy_embedding"], steps, x["text_embedding"], x["text_states"], masks.bool()
        )
        return {"predicted_embedding": out.predicted_image_embedding}

    record(
        "prior",
        model,
        json.loads(model.to_json_string()),
        {
            "noisy_embedding": random(3, 20, seed=740),
            "text_embedding": random(3, 12, seed=741),
            "text_states": random(3, 5, 20, seed=742),
        },
        {"timestep": steps.to(torch.float32), "text_mask": masks.to(torch.float32)},
        outputs,
        743,
    )


def main():
    torch.manual_seed(0)
    shape = dict(
        block_out_channels=(8, 12),
        down_block_types=cross([1, 0], "Down"),
        up_block_types=cross([0, 1], "Up"),
        layers_per_block=1,
        cross_attention_dim=10,
        norm_num_groups=4,
    )
    unet_case("unet", shape | dict(attention_head_dim=2), [981.0, 21.0], seed=750)
    linear = dict(
        block_out_channels=(8, 16),
        down_block_types=cross([0, 1], "Down"),
        up_block_types=cross([1, 0], "Up"),
        attention_head_dim=(1, 2),
        use_linear_projection=True,
    )
    unet_case("unet_linear", shape | linear, [500.0, 3.0], seed=760)
    gen1 = dict(_class_name="WeftGen1UNet", in_channels=12, max_frames=5, temporal_kernel_size=3)
    gen1_case(
        "gen1",
        gen1 | shape | dict(attention_head_dim=2),
        size=(2, 3, 5, 4),
        timesteps=[801.0, 33.0],
        levels=[0.0, 5.0],
        seed=770,
    )
    vae_case()
    text_case()
    vision_case()
    depth_case()
    prior_case()


if __name__ == "__main__":
    main()
